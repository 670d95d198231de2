import { describe, expect, test } from 'vitest';
import { Engine } from '../../../src/drain/engine.ts';
import type { EngineObserver } from '../../../src/drain/observer.ts';
import type { DrainctlError } from '../../../src/errors.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { hang, refused, unreachable } from '../../support/doubles/script.ts';
import { shuttingDown } from '../../support/doubles/scripted-supervisor.ts';
import { runTo, ScriptedWorld } from '../../support/doubles/scripted-world.ts';
import { waitFor } from '../../support/wait-for.ts';

/** An engine of this world, and what its observer was told. Not a sidecar's: that one writes down what it sees, when the test may be over. */
function observed(world: ScriptedWorld): { readonly engine: Engine; readonly told: string[] } {
  const told: string[] = [];
  const observer: EngineObserver = {
    onRunEnded: ({ action, outcome }) => told.push(`${action} ${outcome}`),
    onPoolFailure: ({ pool, address, code }) => told.push(`${pool} ${address} ${code}`),
  };
  const engine = new Engine({
    config: world.config,
    supervisor: world.supervisor,
    log: world.log,
    isSidecar: false,
    observer,
  });
  onCleanUp(async () => {
    engine.endAll('supervisord gone');
    await engine.idle();
  });
  return { engine, told };
}

describe('an observer', () => {
  test('is told of each run that has ended', async () => {
    const { engine, told } = observed(new ScriptedWorld({ processes: ['web:web_00'] }));

    await runTo(engine, 'restart', ['web:web_00']);
    await runTo(engine, 'stop', ['nobody']);

    expect(told).toEqual(['restart done', 'stop failed']);
  });

  test.each([
    ['POOL_UNREACHABLE', unreachable],
    ['POOL_REFUSED', refused],
  ] as const)('is told of a call to a pool that failed: %s', async (code, script) => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], addresses: ['pool-a', 'pool-b'] });
    const [, second] = world.pools;
    if (second !== undefined) second.scripts.state = script;
    const { engine, told } = observed(world);
    await engine.world.fresh();

    await engine.measure(1_000);

    expect(told).toEqual([`lb pool-b ${code}`]);
  });

  test('is not told of a call that nobody waits for any more', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.scripts.state = hang;
    const { engine, told } = observed(world);
    await engine.world.fresh();

    await engine.measure(20);

    expect(told).toEqual([]);
  });
});

describe('a measurement', () => {
  test('has what each process has in flight', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'] });
    world.pool.server('app/web_01').inFlight = 3;
    const { engine } = observed(world);
    await engine.world.fresh();

    const measured = await engine.measure(1_000);

    expect(measured.map(({ info, inFlight }) => [info.fullName, inFlight])).toEqual([
      ['web:web_00', 0],
      ['web:web_01', 3],
    ]);
  });

  test('of a pool that hangs is unknown after the limit', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.scripts.state = hang;
    const { engine } = observed(world);
    await engine.world.fresh();

    const [measured] = await engine.measure(20);

    expect(measured).toMatchObject({ inFlight: undefined, answers: [{ error: 'no answer within 0 s' }] });
  });

  test('of what nothing counts is unknown', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], counts: false });
    const { engine } = observed(world);
    await engine.world.fresh();

    expect((await engine.measure(1_000))[0]?.inFlight).toBeUndefined();
  });
});

describe('the view', () => {
  test('knows nothing before supervisord was asked and the journal was read', () => {
    const { engine } = observed(new ScriptedWorld({ processes: ['web:web_00'] }));

    expect(engine.view()).toEqual({
      snapshot: undefined,
      contact: { askedAtMs: undefined, answeredAtMs: undefined, error: undefined },
      journal: undefined,
      runs: [],
      supervisordStops: false,
    });
  });

  test('has the journal as soon as it changes, and as a look at the disk finds it', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const { engine } = observed(world);
    await runTo(engine, 'drain', ['web:web_00']);
    const { engine: later } = observed(world);

    await later.world.refresh();
    await later.recover();

    const seen = [engine, later].map((each) => each.view().journal?.holds.map(({ process }) => process));
    expect(seen).toEqual([['web:web_00'], ['web:web_00']]);
  });

  test('has the run that is under way, and where its processes stand', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').inFlight = 1;
    const { engine } = observed(world);
    const run = engine.begin('stop', ['web:web_00'], {});

    await waitFor(() => engine.view().runs[0]?.progress()[0]?.phase === 'drain', { what: 'the drain' });

    expect(engine.view().runs.map(({ id, action }) => [id, action])).toEqual([[run.id, 'stop']]);
  });

  test('tells how supervisord answered last', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const { engine } = observed(world);
    await engine.world.refresh();
    world.supervisor.scripts.getAllProcessInfo = shuttingDown;

    await engine.world.refresh().catch(() => {});

    const { contact, snapshot } = engine.view();
    expect(contact.error).toMatchObject({ code: 'SUPERVISOR_SHUTTING_DOWN' } satisfies Partial<DrainctlError>);
    expect(contact.answeredAtMs).toBeGreaterThan(0);
    expect(snapshot?.infos).toHaveLength(1);
  });

  test('knows for good that supervisord stops, once the gate was held', async () => {
    const { engine } = observed(new ScriptedWorld({ processes: ['web:web_00'] }));
    await engine.world.fresh();

    await runTo(engine, 'gate');

    expect(engine.view().supervisordStops).toBe(true);
  });

  test('does not take a shutdown that keeps supervisord for its end', async () => {
    const { engine } = observed(new ScriptedWorld({ processes: ['web:web_00'] }));

    await runTo(engine, 'shutdown', [], { keepSupervisord: true });

    expect(engine.view().supervisordStops).toBe(false);
  });
});

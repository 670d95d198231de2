import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../../src/drain/engine.ts';
import { Journal } from '../../../../src/drain/journal.ts';
import { acquireLock } from '../../../../src/drain/lock.ts';
import { silentLog } from '../../../../src/log.ts';
import { barrier } from '../../../support/doubles/script.ts';
import { shuttingDown } from '../../../support/doubles/scripted-supervisor.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { entry } from '../journal-entries.ts';

const soon = () => AbortSignal.timeout(8_000);

describe('runs of one engine', () => {
  test('go one after another, in their order', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'api:api_00'] });
    const engine = world.engine();

    const runs = [engine.begin('stop', ['web:*'], {}), engine.begin('stop', ['api:*'], {})];
    await Promise.all(runs.map((run) => run.ended(soon())));

    expect(world.calls).toEqual([
      'depool app/web_00 at pool-a',
      'stop web:web_00',
      'depool app/api_00 at pool-a',
      'stop api:api_00',
    ]);
  });

  test('that wait say for what', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    const first = engine.begin('stop', ['web:*'], {});

    const second = engine.begin('start', ['web:*'], {});

    const { steps } = await engine.wait(second.id, 0, 1_000);
    expect(steps[0]?.message).toBe('waits for "stop web:*" to end');
    await Promise.all([first, second].map((run) => run.ended(soon())));
  });

  test('that wait can be cancelled, and touch nothing', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'api:api_00'] });
    const engine = world.engine();
    const first = engine.begin('stop', ['web:*'], {});
    const second = engine.begin('stop', ['api:*'], {});

    expect(await engine.cancel(second.id)).toBe(true);

    expect(await second.ended(soon())).toMatchObject({ outcome: 'cancelled', processes: [] });
    expect(await first.ended(soon())).toMatchObject({ outcome: 'done' });
    expect(world.calls.join()).not.toContain('api');
  });

  test('a failure of one does not keep the next from its work', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();

    const failed = engine.begin('stop', ['nobody'], {});
    const next = engine.begin('stop', ['all'], {});

    expect(await failed.ended(soon())).toMatchObject({ outcome: 'failed', error_code: 'NO_SUCH_PROCESS' });
    expect(await next.ended(soon())).toMatchObject({ outcome: 'done' });
  });
});

describe('a shutdown', () => {
  test('takes over from a restart that drains, without putting anything back', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'] });
    const server = world.pool.server('app/web_00');
    server.inFlight = 1;
    const engine = world.engine();
    const restart = engine.begin('restart', ['all'], {});
    await waitFor(() => world.pool.looks.length > 3, { what: 'the restart to drain' });

    const shutdown = engine.begin('shutdown', [], {});

    expect(await restart.ended(soon())).toMatchObject({ outcome: 'cancelled' });
    server.inFlight = 0;
    expect(await shutdown.ended(soon())).toMatchObject({ outcome: 'done' });
    expect(world.calls.filter((call) => call.startsWith('repool'))).toEqual([]);
    expect(world.calls.filter((call) => call.startsWith('stop')).sort()).toEqual([
      'stop web:web_00',
      'stop web:web_01',
    ]);
    expect(world.calls.at(-1)).toBe('shutdown');
  });

  test('ends the runs that wait', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'api:api_00'] });
    const engine = world.engine();
    const first = engine.begin('stop', ['web:*'], {});
    const second = engine.begin('restart', ['api:*'], {});

    const shutdown = engine.begin('shutdown', [], {});

    expect(await second.ended(soon())).toMatchObject({ outcome: 'cancelled', processes: [] });
    await first.ended(soon());
    expect(await shutdown.ended(soon())).toMatchObject({ outcome: 'done' });
    expect(world.calls.join()).not.toContain('start');
  });

  test('that takes over from a restart which has stopped a process leaves it stopped', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    const gate = barrier();
    world.supervisor.scripts.stopProcess = gate.script;
    const restart = engine.begin('restart', ['all'], {});
    await gate.reached;

    const shutdown = engine.begin('shutdown', [], {});
    gate.open();

    expect(await restart.ended(soon())).toMatchObject({ outcome: 'cancelled' });
    expect(await shutdown.ended(soon())).toMatchObject({ outcome: 'done' });
    expect(world.calls).toEqual(['depool app/web_00 at pool-a', 'stop web:web_00', 'shutdown']);
  });

  test('that is asked for twice is one run', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();

    const ids = [await engine.start('shutdown', [], {}), await engine.start('shutdown', [], {})];

    expect(new Set(ids).size).toBe(1);
    await engine.idle();
    expect(world.calls.filter((call) => call === 'shutdown')).toHaveLength(1);
  });
});

describe('the gate', () => {
  /** A gate that drains one process which has work in flight. */
  async function heldGate() {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').inFlight = 1;
    const engine = world.engine();
    await engine.world.fresh();
    // As supervisord answers once it is stopping.
    world.supervisor.scripts.getAllProcessInfo = shuttingDown;
    const gate = engine.begin('gate', [], {});
    await waitFor(() => world.pool.looks.length > 3, { what: 'the gate to drain' });
    return { world, engine, gate };
  }

  test.each([
    ['a shutdown', (engine: Engine) => engine.start('shutdown', [], {})],
    ['a stop', (engine: Engine) => engine.start('stop', ['all'], {})],
    ['a cancel', (engine: Engine) => engine.cancel('')],
  ])('is not opened by %s', async (_, act) => {
    const { world, engine, gate } = await heldGate();

    await expect(act(engine)).rejects.toMatchObject({ code: 'SUPERVISOR_SHUTTING_DOWN' });

    expect(gate.signal.aborted).toBe(false);
    world.pool.server('app/web_00').inFlight = 0;
    expect(await gate.ended(soon())).toMatchObject({ outcome: 'done', cut: 0 });
  });

  test('is not opened by a shutdown in another process', async () => {
    const { world, gate } = await heldGate();

    const shutdown = world.engine(false).begin('shutdown', [], {});
    await waitFor(async () => (await shutdown.wait(0, 100)).steps.length > 0, { what: 'the shutdown to ask' });
    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(gate.result).toBeUndefined();
    world.pool.server('app/web_00').inFlight = 0;
    expect(await gate.ended(soon())).toMatchObject({ outcome: 'done', cut: 0 });
  });

  test('takes over from a restart, and leaves out what it had taken out', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const server = world.pool.server('app/web_00');
    server.inFlight = 1;
    const engine = world.engine();
    const restart = engine.begin('restart', ['all'], {});
    await waitFor(() => world.pool.looks.length > 3, { what: 'the restart to drain' });

    const gate = engine.begin('gate', [], {});
    expect(await restart.ended(soon())).toMatchObject({ outcome: 'cancelled' });
    server.inFlight = 0;

    expect(await gate.ended(soon())).toMatchObject({ outcome: 'done', cut: 0 });
    expect(world.calls.join()).not.toContain('repool');
  });

  test('ends when supervisord has gone', async () => {
    const { engine, gate } = await heldGate();

    engine.endAll('supervisord gone');

    expect(await gate.ended(soon())).toMatchObject({ outcome: 'cancelled' });
  });
});

describe('two engines on one state_dir', () => {
  test('never act at the same time', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'api:api_00'] });
    const gate = barrier();
    world.supervisor.scripts.stopProcess = gate.script;
    const first = world.engine().begin('stop', ['web:*'], {});
    await gate.reached;

    const second = world.engine(false).begin('stop', ['api:*'], {});
    await waitFor(async () => (await second.wait(0, 100)).steps.length > 0, { what: 'the second to wait' });
    const callsMeanwhile = [...world.calls];
    gate.open();

    expect(await first.ended(soon())).toMatchObject({ outcome: 'done' });
    expect(await second.ended(soon())).toMatchObject({ outcome: 'done' });
    expect(callsMeanwhile).toEqual(['depool app/web_00 at pool-a', 'stop web:web_00']);
  });

  test('the second says for whom it waits', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const gate = barrier();
    world.supervisor.scripts.stopProcess = gate.script;
    const first = world.engine().begin('stop', ['web:*'], {});
    await gate.reached;
    const second = world.engine(false).begin('start', ['web:*'], {});

    const { steps } = await second.wait(0, 8_000);

    expect(steps[0]?.message).toBe(`waits for "stop web:*" (pid ${process.pid})`);
    gate.open();
    await Promise.all([first, second].map((run) => run.ended(soon())));
  });

  test('the second knows what the first has taken out', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    await runTo(world.engine(), 'drain', ['all']);

    await runTo(world.engine(false), 'pool', ['all']);

    expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
    expect(await world.journal()).toEqual({ entries: [], holds: [] });
  });

  test('a shutdown of one takes over from a restart of the other', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const server = world.pool.server('app/web_00');
    server.inFlight = 1;
    const restart = world.engine().begin('restart', ['all'], {});
    await waitFor(() => world.pool.looks.length > 3, { what: 'the restart to drain' });

    const shutdown = world.engine(false).begin('shutdown', [], {});

    expect(await restart.ended(soon())).toMatchObject({ outcome: 'cancelled' });
    server.inFlight = 0;
    expect(await shutdown.ended(soon())).toMatchObject({ outcome: 'done' });
    expect(world.calls.filter((call) => call.startsWith('repool'))).toEqual([]);
  });

  test('a run that waits for the lock can be cancelled', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const lock = await acquireLock(world.config.stateDir, 'restart', {
      signal: soon(),
      takeOver: undefined,
      onWait: () => {},
      onGiveWay: () => {},
      onUnlockable: () => {},
    });
    const run = world.engine().begin('stop', ['all'], {});
    await run.wait(0, 3_000);

    run.end('cancelled');

    expect(await run.ended(soon())).toMatchObject({ outcome: 'cancelled', processes: [] });
    expect(world.calls).toEqual([]);
    await lock.release();
  });
});

describe('the API', () => {
  test('tells of an unknown name before a run begins', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();

    await expect(engine.start('stop', ['nobody'], {})).rejects.toMatchObject({ code: 'NO_SUCH_PROCESS' });
    expect(await engine.getHistory(10)).toEqual([]);
  });

  test.each([
    ['a shutdown of some', 'shutdown', ['web:web_00']],
    ['a stop of nothing', 'stop', []],
  ] as const)('refuses %s', async (_, action, names) => {
    const engine = new ScriptedWorld({ processes: ['web:web_00'] }).engine();

    await expect(engine.start(action, names, {})).rejects.toMatchObject({ code: 'USAGE' });
  });

  test.each(['wait', 'cancel'] as const)('%s of a run that is unknown is RUN_NOT_FOUND', async (method) => {
    const engine = new ScriptedWorld({ processes: [] }).engine();
    const call = method === 'wait' ? engine.wait('run-x', 0, 10) : engine.cancel('run-x');

    await expect(call).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  test('cancel has nothing to end where no run is under way, or it has ended', async () => {
    const engine = new ScriptedWorld({ processes: ['web:web_00'] }).engine();
    const { id } = await runTo(engine, 'stop', ['all']);

    expect([await engine.cancel(''), await engine.cancel(id)]).toEqual([false, false]);
  });

  test('wait gives the steps after a number, in order, and at the end the result', async () => {
    const engine = new ScriptedWorld({ processes: ['web:web_00'] }).engine();
    const { id } = await runTo(engine, 'stop', ['all']);

    const all = await engine.wait(id, 0, 10);
    const rest = await engine.wait(id, all.steps.length - 1, 10);

    expect(all.steps.map(({ seq }) => seq)).toEqual(all.steps.map((_, index) => index + 1));
    expect(rest.steps).toEqual(all.steps.slice(-1));
    expect(rest).toMatchObject({ ended: true, result: [{ id, outcome: 'done' }] });
  });

  test('wait gives nothing after its time, where nothing has happened', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const gate = barrier();
    world.supervisor.scripts.stopProcess = gate.script;
    const engine = world.engine();
    const run = engine.begin('stop', ['all'], {});
    await gate.reached;
    const { steps } = await engine.wait(run.id, 0, 10);

    expect(await engine.wait(run.id, steps.length, 20)).toMatchObject({ ended: false, steps: [], result: [] });
    gate.open();
  });

  test('a run is in the history when it has ended', async () => {
    const engine = new ScriptedWorld({ processes: ['web:web_00'] }).engine();

    const result = await runTo(engine, 'stop', ['all']);

    expect(await engine.getHistory(10)).toEqual([result]);
  });

  test('a plan changes nothing', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });

    const plan = await world.engine().getPlan('stop', [], {});

    expect(plan.steps.map(({ title }) => title)).toEqual(['group web']);
    expect(world.calls).toEqual([]);
  });

  test('the status leaves out the listener that runs drainctl', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'drain:drain'] });
    const config = world.supervisor.configs.get('drain:drain');
    if (config !== undefined) {
      world.supervisor.configs.set('drain:drain', { ...config, command: '/usr/bin/drainctl listen' });
    }

    const { processes } = await world.engine().getStatus();

    expect(processes.map(({ name }) => name)).toEqual(['web:web_00']);
  });

  test('the status while supervisord shuts down is what was last seen', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await engine.getStatus();
    world.supervisor.scripts.getAllProcessInfo = shuttingDown;

    expect(await engine.getStatus()).toMatchObject({
      supervisor: { state: 'SHUTDOWN' },
      processes: [{ name: 'web:web_00' }],
    });
  });
});

describe('recovery', () => {
  /** A world whose journal has what an earlier drainctl left out. */
  async function leftOut(): Promise<ScriptedWorld> {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').placement = 'out';
    await new Journal(world.config.stateDir, silentLog).record(entry('web:web_00'));
    return world;
  }

  test('puts back what an earlier drainctl left out and runs', async () => {
    const world = await leftOut();
    const engine = world.engine();

    await engine.recover();
    await engine.idle();

    expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
    expect((await world.journal()).entries).toEqual([]);
  });

  test.each(['STARTING', 'STOPPED', 'FATAL', 'BACKOFF'] as const)('leaves out what is %s', async (state) => {
    const world = await leftOut();
    world.supervisor.become('web:web_00', state);
    const engine = world.engine();

    await engine.recover();
    await engine.idle();

    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
  });

  test('leaves out what is on hold, and takes it out again where its pool put it back', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await runTo(engine, 'drain', ['all']);
    world.pool.server('app/web_00').placement = 'in';

    await engine.recover();
    await engine.idle();

    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
  });

  test('ends a hold whose time is over', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await runTo(engine, 'drain', ['all'], { holdForMs: 1 });

    await waitFor(
      async () => {
        await engine.recover();
        await engine.idle();
        return world.pool.namesOf('in').length === 1;
      },
      { what: 'the hold to end' },
    );

    expect(await world.journal()).toEqual({ entries: [], holds: [] });
  });

  test('does not take out again what a person puts back at this moment', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await runTo(engine, 'drain', ['all']);
    const gate = barrier();
    world.pool.scripts.state = gate.script;
    const recovery = engine.recover();
    await gate.reached;
    world.pool.scripts.state = () => {};

    const pooled = runTo(engine, 'pool', ['all']);
    gate.open();
    await Promise.all([recovery, pooled]);

    expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
    expect(await world.journal()).toEqual({ entries: [], holds: [] });
  });

  test('does nothing while a run is under way', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const gate = barrier();
    world.supervisor.scripts.stopProcess = gate.script;
    const engine = world.engine();
    const run = engine.begin('stop', ['all'], {});
    await gate.reached;

    await engine.recover();

    expect(world.calls.filter((call) => call.startsWith('repool'))).toEqual([]);
    gate.open();
    await run.ended(soon());
  });
});

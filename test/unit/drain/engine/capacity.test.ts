import { describe, expect, test } from 'vitest';
import type { CapacityRule } from '../../../../src/config/config.ts';
import { Engine } from '../../../../src/drain/engine.ts';
import { crashed } from '../../../../src/drain/losses.ts';
import { onCleanUp } from '../../../support/cleanup.ts';
import { barrier, hang, unreachable } from '../../../support/doubles/script.ts';
import { runTo, ScriptedWorld, type WorldOptions } from '../../../support/doubles/scripted-world.ts';

const pair = ['web:web_00', 'web:web_01'];

/** Two processes and a server elsewhere, all in. */
function worldWith(servers: number, waitMs: number, given: Partial<WorldOptions> = {}): ScriptedWorld {
  const capacity: CapacityRule = { minAvailable: { servers }, waitMs };
  return new ScriptedWorld({ processes: pair, peers: ['app/peer'], capacity, ...given });
}

/** The calls that change something, without their address. */
function changes(world: ScriptedWorld): string[] {
  return world.calls.map((call) => call.replace(/ at pool-a$/, ''));
}

describe('with too few others', () => {
  test.each(['restart', 'stop', 'drain'] as const)('a %s ends, and nothing was touched', async (action) => {
    const world = worldWith(2, 30);
    world.pool.server('app/peer').placement = 'out';

    const result = await runTo(world.engine(), action, ['web:web_00']);

    expect(result).toMatchObject({ outcome: 'cancelled', error_code: 'TOO_FEW_AVAILABLE' });
    expect(result.message).toMatch(
      /was ended early\. web:web_00 was not taken out of its pools, because too few others are available after .* s: app at pool-a: 1 of 2 others, 2 are needed; not available: peer \(OUT\)\. Not touched: web:web_00\.$/,
    );
    expect(result.hint).toContain(`drainctl ${action} web:web_00 --force`);
    expect(world.calls).toEqual([]);
    expect(await world.journal()).toEqual({ entries: [], holds: [] });
  });

  test('a restart waits, and goes on as soon as there are enough', async () => {
    const world = worldWith(2, 60_000);
    world.pool.server('app/peer').placement = 'down';
    const run = world.engine().begin('restart', ['web:web_00'], {});
    const { steps } = await run.wait(0, 5_000);

    expect(steps[0]?.message).toMatch(
      /^web:web_00 waits up to 60 s until enough others are available: app at pool-a: 1 of/,
    );
    expect(world.calls).toEqual([]);
    world.pool.server('app/peer').placement = 'in';

    expect(await run.ended(AbortSignal.timeout(5_000))).toMatchObject({ outcome: 'done' });
    expect(changes(world)).toEqual(['depool app/web_00', 'stop web:web_00', 'start web:web_00', 'repool app/web_00']);
  });

  test('a wait for what can never be ends at once', async () => {
    const world = worldWith(3, 60_000);

    expect(await runTo(world.engine(), 'restart', ['all'])).toMatchObject({ error_code: 'TOO_FEW_AVAILABLE' });
  });

  test('a stop of several stops as many as may be, and leaves the others alone', async () => {
    const world = worldWith(2, 60_000);

    const result = await runTo(world.engine(), 'stop', ['all']);

    expect(result.processes.map(({ outcome }) => outcome)).toEqual(['done', 'untouched']);
    expect(result.message).toMatch(
      /^stop was ended early\. web:web_01 was not taken out .* Not touched: web:web_01\.$/,
    );
    expect(changes(world)).toEqual(['depool app/web_00', 'stop web:web_00']);
  });

  test('two processes side by side do not both take the last one', async () => {
    const world = worldWith(1, 0, { peers: [] });
    // Each would see the other one in.
    world.pool.scripts.depool = () => new Promise((resolve) => setTimeout(resolve, 20));

    await runTo(world.engine(), 'drain', ['all']);

    expect(world.pool.namesOf('in')).toEqual(['app/web_01']);
  });

  test('a drain of one that waits in vain for one backend does not keep another from leaving a backend that has enough', async () => {
    const world = worldWith(1, 0);
    world.pool.servers.set('lonely/web_00', { placement: 'in', inFlight: 0 });
    const [program] = world.config.programs;
    if (program === undefined) throw new Error('the scripted world has a program');
    const inBoth = [...program.members, { pool: 'lb', options: { server: 'lonely/%(process_name)s' } }];
    const programs = [{ ...program, pattern: 'web:web_00', members: inBoth }, program];
    const { supervisor, log } = world;
    const engine = new Engine({ config: { ...world.config, programs }, supervisor, log, isSidecar: true });
    onCleanUp(() => engine.idle());

    const result = await runTo(engine, 'drain', ['all']);

    expect(result.processes.map(({ outcome }) => outcome)).toEqual(['untouched', 'done']);
  });

  test('a shutdown goes on, says so once, and does not wait where that is in vain', async () => {
    const world = worldWith(2, 60_000);
    const run = world.engine().begin('shutdown', [], {});

    const result = await run.ended(AbortSignal.timeout(5_000));

    const { steps } = await run.wait(0, 0);
    expect(result.outcome).toBe('done');
    expect(steps.filter(({ kind }) => kind === 'warning').map(({ message }) => message)).toEqual([
      'goes on although too few others are available: app at pool-a: 1 of 2 others, 2 are needed; not available: web_00 (OUT)',
    ]);
    expect(world.pool.namesOf('in')).toEqual(['app/peer']);
  });

  test('a shutdown waits for what may come back, and then goes on', async () => {
    // 0.1 s in words, also when 90 ms of it have passed.
    const world = worldWith(2, 140);
    world.pool.server('app/peer').placement = 'down';
    const run = world.engine().begin('shutdown', [], {});

    const result = await run.ended(AbortSignal.timeout(5_000));

    const { steps } = await run.wait(0, 0);
    expect(result.outcome).toBe('done');
    expect(steps.map(({ message }) => message).join('\n')).toMatch(/waits up to 0\.1 s[\s\S]*goes on although too few/);
  });

  test('the gate goes on without a wait', async () => {
    const world = worldWith(2, 60_000);
    world.pool.server('app/peer').placement = 'down';

    const engine = world.engine();
    await engine.getStatus();

    expect(await runTo(engine, 'gate')).toMatchObject({ outcome: 'done' });
    expect(world.pool.namesOf('in')).toEqual([]);
  });

  test('--force takes out all the same', async () => {
    const world = worldWith(2, 60_000);
    world.pool.server('app/peer').placement = 'out';

    expect(await runTo(world.engine(), 'restart', ['web:web_00'], { force: true })).toMatchObject({ outcome: 'done' });
  });

  test('a cancel ends the wait at once', async () => {
    const world = worldWith(2, 60_000);
    world.pool.server('app/peer').placement = 'out';
    const run = world.engine().begin('restart', ['all'], {});
    await run.wait(0, 5_000);

    run.end('cancelled');

    expect(await run.ended(AbortSignal.timeout(8_000))).toMatchObject({ outcome: 'cancelled' });
    expect(world.calls).toEqual([]);
  });

  test('what crashes while it waits is taken out at once', async () => {
    const world = worldWith(2, 60_000);
    world.pool.server('app/peer').placement = 'out';
    const engine = world.engine();
    const run = engine.begin('restart', ['web:web_00'], {});
    await run.wait(0, 5_000);

    world.supervisor.become('web:web_00', 'BACKOFF');
    engine.losses.report(crashed('web:web_00', 'EXITED', undefined, false));
    // It costs nothing then to restart it.
    await run.ended(AbortSignal.timeout(5_000));

    expect((await engine.getHistory(5)).map(({ action }) => action)).toEqual(['restart', 'depool']);
    expect(changes(world)[0]).toBe('depool app/web_00');
  });
});

describe('no capacity is needed', () => {
  test('by what is out already', async () => {
    const world = worldWith(2, 0);
    world.pool.server('app/web_00').placement = 'out';
    world.pool.server('app/peer').placement = 'out';

    expect(await runTo(world.engine(), 'stop', ['web:web_00'])).toMatchObject({ outcome: 'done' });
  });

  test('by a start, and by what ends a hold', async () => {
    const world = worldWith(2, 0);
    const engine = world.engine();
    await runTo(engine, 'drain', ['web:web_00']);
    world.pool.server('app/peer').placement = 'out';

    expect(await runTo(engine, 'pool', ['web:web_00'])).toMatchObject({ outcome: 'done' });
    expect(await runTo(engine, 'start', ['web:web_01'])).toMatchObject({ outcome: 'done' });
  });
});

describe('an address', () => {
  test.each([
    ['that does not answer is not enough', unreachable],
    ['that hangs is not enough', hang],
  ])('%s', async (_, script) => {
    const world = worldWith(1, 30, { addresses: ['pool-a', 'pool-b'] });
    const [, second] = world.pools;
    if (second !== undefined) second.scripts.count = script;
    const run = world.engine().begin('restart', ['web:web_00'], {});
    // One that hangs is given up after 30 s, or when the run is.
    if (script === hang) setTimeout(() => run.end('cancelled'), 100);

    expect(await run.ended(AbortSignal.timeout(5_000))).toMatchObject({ outcome: 'cancelled' });
    expect(world.calls).toEqual([]);
  });

  test('that has fewer than another one counts', async () => {
    const world = worldWith(2, 0, { addresses: ['pool-a', 'pool-b'] });
    const [, second] = world.pools;
    if (second !== undefined) second.server('app/peer').placement = 'down';

    const { message } = await runTo(world.engine(), 'restart', ['web:web_00']);

    expect(message).toContain('app at pool-b: 1 of 2 others');
    expect(message).not.toContain('app at pool-a');
  });
});

describe('the plan', () => {
  test('tells what is available now, and counts the wait', async () => {
    const world = worldWith(2, 7_000);

    const plan = await world.engine().getPlan('restart', ['all'], {});

    const [process] = plan.steps[0]?.processes ?? [];
    expect(process).toMatchObject({
      capacity: ['app at pool-a: 2 of 2 others, 2 are needed'],
      capacity_wait_ms: 7_000,
    });
    const { worst_case_ms: without } = await world.engine().getPlan('restart', ['all'], { force: true });
    expect(plan.worst_case_ms - without).toBe(2 * 7_000);
    const shutdowns = await Promise.all(
      [{}, { force: true }].map((options) => world.engine().getPlan('shutdown', [], options)),
    );
    expect((shutdowns[0]?.worst_case_ms ?? 0) - (shutdowns[1]?.worst_case_ms ?? 0)).toBe(7_000);
  });
});

describe('two hosts at the same moment', () => {
  test('one of them gives way, and both are restarted, one after the other', async () => {
    const one = worldWith(1, 8_000, { processes: ['web:web_00'], peers: ['app/web_01'] });
    const other = worldWith(1, 8_000, { processes: ['web:web_01'], shares: one });
    // Both have counted before either is out.
    const gates = { web_00: barrier(), web_01: barrier() };
    let depools = 0;
    one.pool.scripts.depool = async (subject, signal) => {
      depools += 1;
      if (depools > 2) return;
      await gates[subject === 'app/web_00' ? 'web_00' : 'web_01'].script(subject, signal);
    };
    const leftAtStops: number[] = [];
    for (const { supervisor } of [one, other])
      supervisor.scripts.stopProcess = () => {
        leftAtStops.push(one.pool.namesOf('in').length);
      };
    const runs = [one, other].map((world) => world.engine().begin('restart', ['all'], {}));
    await Promise.all([gates.web_00.reached, gates.web_01.reached]);
    gates.web_00.open();
    gates.web_01.open();

    const results = await Promise.all(runs.map((run) => run.ended(AbortSignal.timeout(8_000))));

    const said = await Promise.all(runs.map(async (run) => (await run.wait(0, 0)).steps.map(({ message }) => message)));
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
    expect(said.flat().join()).toContain('gives way');
    expect(leftAtStops).toEqual([1, 1]);
    expect(one.pool.namesOf('in')).toEqual(['app/web_00', 'app/web_01']);
  });

  test('one whose process dies right then does not put it back', async () => {
    const world = worldWith(1, 200, { processes: ['web:web_00'] });
    world.pool.scripts.depool = () => {
      world.pool.server('app/peer').placement = 'out';
      world.supervisor.become('web:web_00', 'BACKOFF');
    };

    await runTo(world.engine(), 'restart', ['all']);

    // Nobody misses it, dead as it is: there is no reason to go back and wait.
    expect(changes(world)).toEqual(['depool app/web_00', 'stop web:web_00', 'start web:web_00', 'repool app/web_00']);
  });
});

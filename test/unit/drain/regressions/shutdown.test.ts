import { describe, expect, test } from 'vitest';
import { times, unreachable } from '../../../support/doubles/script.ts';
import { shuttingDown } from '../../../support/doubles/scripted-supervisor.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import { waitFor } from '../../../support/wait-for.ts';

const soon = () => AbortSignal.timeout(8_000);

describe('a shutdown', () => {
  test('that takes over from a restart which waits until its process is ready does not wait for that', async () => {
    const world = new ScriptedWorld({
      processes: ['web:web_00'],
      program: { ready: { http: undefined, exec: ['/bin/false'], deadlineMs: 60_000 } },
    });
    const engine = world.engine();
    const restart = engine.begin('restart', ['all'], {});
    await waitFor(() => restart.progress()[0]?.phase === 'ready', { what: 'the restart to wait until ready' });

    const shutdown = engine.begin('shutdown', [], {});

    expect(await restart.ended(soon())).toMatchObject({ outcome: 'cancelled' });
    expect(await shutdown.ended(soon())).toMatchObject({ outcome: 'done' });
    expect(world.calls.slice(-2)).toEqual(['stop web:web_00', 'shutdown']);
    expect(world.calls.join()).not.toContain('repool');
  });

  test('that holds at a deadline stops nothing more, and does not begin the next group', async () => {
    const world = new ScriptedWorld({
      processes: ['web:web_00', 'worker:worker_00'],
      program: { onDeadline: 'hold', deadlineMs: 100 },
    });
    world.pool.server('app/web_00').inFlight = 1;

    const result = await runTo(world.engine(), 'shutdown');

    expect(result).toMatchObject({ outcome: 'held', error_code: 'DEADLINE_PASSED', ends_supervisord: false });
    expect(result.processes.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'web:web_00 held',
      'worker:worker_00 untouched',
    ]);
    expect(world.calls).toEqual(['depool app/web_00 at pool-a']);
    expect(await world.journal()).toMatchObject({ holds: [{ process: 'web:web_00' }] });
  });
});

describe('an address that comes back late', () => {
  const pair = { processes: ['web:web_00'], addresses: ['pool-a', 'pool-b'] };

  test('within the deadline of a shutdown is told to take the process out then', async () => {
    const world = new ScriptedWorld(pair);
    Object.assign(world.pools[1]?.scripts ?? {}, { state: times(2, unreachable) });

    expect(await runTo(world.engine(), 'shutdown')).toMatchObject({ outcome: 'done', cut: 0 });

    expect(world.pools.map((pool) => pool.namesOf('out'))).toEqual([['app/web_00'], ['app/web_00']]);
  });

  test('when the process drains already is told to take it out then, and is drained too', async () => {
    const world = new ScriptedWorld({ ...pair, program: { onDeadline: 'hold', deadlineMs: 100 } });
    const [first, second] = world.pools;
    if (first === undefined || second === undefined) throw new Error('there are two pools');
    first.server('app/web_00').inFlight = 1;
    second.server('app/web_00').inFlight = 1;
    second.scripts.state = unreachable;
    const engine = world.engine();
    await engine.world.fresh();
    world.supervisor.scripts.getAllProcessInfo = shuttingDown;
    const gate = engine.begin('gate', [], {});
    await waitFor(() => gate.progress()[0]?.phase === 'drain', { what: 'the gate to drain' });

    first.server('app/web_00').inFlight = 0;
    delete second.scripts.state;
    await waitFor(() => second.namesOf('out').length === 1, { what: 'the second address to take it out' });
    const stillHeld = gate.result === undefined;
    second.server('app/web_00').inFlight = 0;

    expect(await gate.ended(soon())).toMatchObject({ outcome: 'done', cut: 0 });
    expect(stillHeld).toBe(true);
    expect((await world.journal()).entries.map(({ address }) => address).sort()).toEqual(['pool-a', 'pool-b']);
  });
});

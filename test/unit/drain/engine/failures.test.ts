import { describe, expect, test } from 'vitest';
import { DrainctlError } from '../../../../src/errors.ts';
import { refused, times, unreachable } from '../../../support/doubles/script.ts';
import { ScriptedProbe } from '../../../support/doubles/scripted-probe.ts';
import { shuttingDown } from '../../../support/doubles/scripted-supervisor.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';

const pair = ['web:web_00', 'web:web_01'];
const quick = { deadlineMs: 150 };

describe('a pool that does not answer', () => {
  test('for a while does no harm', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.scripts.depool = times(1, unreachable);

    expect(await runTo(world.engine(), 'stop', ['all'])).toMatchObject({ outcome: 'done' });
  });

  test('ends a restart, which puts back what it took out elsewhere', async () => {
    const world = new ScriptedWorld({ processes: pair, addresses: ['pool-a', 'pool-b'], program: quick });
    Object.assign(world.pools[1]?.scripts ?? {}, { depool: unreachable });

    const result = await runTo(world.engine(), 'restart', ['all']);

    expect(result).toMatchObject({ outcome: 'failed', error_code: 'POOL_UNREACHABLE' });
    expect(result.message).toContain('web:web_00 was put back and runs on. Not touched: web:web_01.');
    expect(world.pool.namesOf('in')).toEqual(['app/web_00', 'app/web_01']);
    expect(world.calls.filter((call) => call.startsWith('stop'))).toEqual([]);
    expect((await world.journal()).entries).toEqual([]);
  });

  test('does not keep a shutdown from stopping everything', async () => {
    const world = new ScriptedWorld({ processes: pair, addresses: ['pool-a', 'pool-b'], program: quick });
    Object.assign(world.pools[1]?.scripts ?? {}, { state: unreachable });

    const result = await runTo(world.engine(), 'shutdown');

    // What the other address still has in flight is not known.
    expect(result).toMatchObject({ outcome: 'cut', cut: -1 });
    expect(result.message).toMatch(/an unknown amount of work unfinished \(the scripted pool did not answer .*\)\./);
    expect(world.calls.filter((call) => !call.startsWith('depool')).sort()).toEqual([
      'shutdown',
      'stop web:web_00',
      'stop web:web_01',
    ]);
  });

  test('while draining ends a restart at the deadline, which stops nothing', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], program: quick, probe: new ScriptedProbe(0) });
    world.pool.scripts.state = () => {
      if (world.pool.looks.length > 1) throw new DrainctlError('POOL_UNREACHABLE', 'no answer');
    };

    const result = await runTo(world.engine(), 'restart', ['all']);

    expect(result).toMatchObject({ outcome: 'failed', error_code: 'POOL_UNREACHABLE' });
    expect(result.message).toMatch(/web:web_00 was not stopped: .* not confirmed to be out of app\/web_00 at pool-a/);
    expect(result.message).toContain('web:web_00 was put back and runs on.');
    expect(world.calls.filter((call) => call.startsWith('stop'))).toEqual([]);
  });

  test('while draining does not keep a shutdown from its stop, but nobody knows what that cuts off', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], program: quick, probe: new ScriptedProbe(0) });
    world.pool.scripts.state = () => {
      if (world.pool.looks.length > 1) throw new DrainctlError('POOL_UNREACHABLE', 'no answer');
    };

    const result = await runTo(world.engine(), 'shutdown');

    expect(result).toMatchObject({ outcome: 'cut', cut: -1 });
    expect(result.message).toContain('(not confirmed to be out of app/web_00 at pool-a)');
    expect(world.calls).toContain('stop web:web_00');
  });

  test('in the repool of a restart names the process, what is out, and who tries again', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], addresses: ['pool-a', 'pool-b'] });
    Object.assign(world.pools[1]?.scripts ?? {}, { repool: refused });

    const result = await runTo(world.engine(), 'restart', ['all']);

    expect(result).toMatchObject({ outcome: 'failed', error_code: 'POOL_REFUSED' });
    expect(result.message).toMatch(
      /web:web_00 runs and is ready, but could not be put back: .*Out still: app\/web_00 at pool-b;/,
    );
    expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
  });

  test('in the undo keeps the entry, and says that it is out', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').inFlight = 1;
    const engine = world.engine();
    world.pool.scripts.repool = refused;
    const run = engine.begin('stop', ['all'], {});
    world.pool.scripts.state = () => {
      if (world.pool.looks.length > 3) run.end('cancelled');
    };

    const result = await run.ended(AbortSignal.timeout(5_000));

    expect(result.message).toContain('web:web_00 could not be put back, and is still out');
    expect((await world.journal()).entries).toHaveLength(1);
  });
});

describe('what an earlier run could not put back', () => {
  test('is not said to be back when a later run is cancelled', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const server = world.pool.server('app/web_00');
    const engine = world.engine();
    async function cancelWhileDraining(): Promise<string> {
      server.inFlight = 1;
      const looks = world.pool.looks.length;
      const run = engine.begin('stop', ['all'], {});
      world.pool.scripts.state = () => {
        if (world.pool.looks.length > looks + 3) run.end('cancelled');
      };
      return (await run.ended(AbortSignal.timeout(5_000))).message;
    }
    world.pool.scripts.repool = refused;
    await cancelWhileDraining();
    world.pool.scripts.repool = () => {};

    const message = await cancelWhileDraining();

    expect(message.includes('was put back')).toBe(server.placement === 'in');
  });
});

describe('a member that is missing', () => {
  test('ends a stop before anything was touched', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.servers.clear();

    expect(await runTo(world.engine(), 'stop', ['all'])).toMatchObject({
      outcome: 'failed',
      error_code: 'POOL_MEMBER_MISSING',
    });
    expect(world.calls).toEqual([]);
  });
});

describe('at the deadline', () => {
  test('on_deadline stop stops all the same, and counts what was cut off', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], program: quick });
    world.pool.server('app/web_00').inFlight = 3;

    const result = await runTo(world.engine(), 'stop', ['all']);

    expect(result).toMatchObject({ outcome: 'cut', cut: 3 });
    expect(result.processes[0]).toMatchObject({ cut: 3, in_flight_at_stop: 3 });
    expect(world.calls.at(-1)).toBe('stop web:web_00');
  });

  test('an unknown count is cut off as unknown, never as nothing', async () => {
    const probe = new ScriptedProbe(undefined);
    const world = new ScriptedWorld({ processes: ['web:web_00'], program: quick, probe });

    expect(await runTo(world.engine(), 'stop', ['all'])).toMatchObject({ outcome: 'cut', cut: -1 });
  });

  test('on_deadline hold leaves it running, out, and on hold, and does not touch the rest', async () => {
    const world = new ScriptedWorld({ processes: pair, program: { ...quick, onDeadline: 'hold' } });
    world.pool.server('app/web_00').inFlight = 3;

    const result = await runTo(world.engine(), 'restart', ['all']);

    expect(result).toMatchObject({ outcome: 'held', error_code: 'DEADLINE_PASSED' });
    expect(result.processes.map(({ outcome }) => outcome)).toEqual(['held', 'untouched']);
    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
    expect(await world.journal()).toMatchObject({ holds: [{ process: 'web:web_00' }] });
    expect(world.calls.filter((call) => call.startsWith('stop'))).toEqual([]);
  });

  test('a shutdown that holds does not end supervisord', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], program: { ...quick, onDeadline: 'hold' } });
    world.pool.server('app/web_00').inFlight = 3;

    expect(await runTo(world.engine(), 'shutdown')).toMatchObject({ outcome: 'held' });
    expect(world.calls).not.toContain('shutdown');
  });

  test('a gate that holds goes on waiting', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], program: { ...quick, onDeadline: 'hold' } });
    world.pool.server('app/web_00').inFlight = 3;
    const engine = world.engine();
    await engine.world.fresh();
    setTimeout(() => {
      world.pool.server('app/web_00').inFlight = 0;
    }, 400);

    expect(await runTo(engine, 'gate')).toMatchObject({ outcome: 'done', cut: 0 });
  });

  test('the deadline given counts instead of the configured one', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').inFlight = 1;

    expect(await runTo(world.engine(), 'stop', ['all'], { deadlineMs: 50 })).toMatchObject({ outcome: 'cut', cut: 1 });
  });

  test('a probe that hangs does not make the drain longer', async () => {
    const probe = new ScriptedProbe(0);
    probe.script = () => new Promise(() => {});
    const world = new ScriptedWorld({ processes: ['web:web_00'], program: { deadlineMs: 50 }, probe });

    expect(await runTo(world.engine(), 'stop', ['all'])).toMatchObject({ outcome: 'cut', cut: -1 });
  });
});

describe('a process', () => {
  test('that ends by itself while its probe can not tell is not waited for', async () => {
    const probe = new ScriptedProbe(undefined);
    const world = new ScriptedWorld({ processes: ['web:web_00'], probe });
    world.pool.scripts.depool = () => world.supervisor.become('web:web_00', 'EXITED');

    expect(await runTo(world.engine(), 'stop', ['all'])).toMatchObject({ outcome: 'done', cut: 0 });
  });

  test.each(['FATAL', 'EXITED', 'STOPPED'] as const)('that is %s after its start is never put back', async (state) => {
    const world = new ScriptedWorld({ processes: pair });
    world.supervisor.stateAfterStart = state;

    const result = await runTo(world.engine(), 'restart', ['all']);

    expect(result).toMatchObject({ outcome: 'failed', error_code: 'START_FAILED' });
    expect(world.calls.filter((call) => call.startsWith('repool'))).toEqual([]);
    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
    expect((await world.journal()).entries).toHaveLength(1);
  });

  test('that is not ready in time is never put back', async () => {
    const world = new ScriptedWorld({
      processes: ['web:web_00'],
      program: { ready: { http: undefined, exec: ['/bin/false'], deadlineMs: 50 } },
    });

    expect(await runTo(world.engine(), 'restart', ['all'])).toMatchObject({
      outcome: 'failed',
      error_code: 'NOT_READY',
      message: expect.stringContaining('It stays out of its pools.'),
    });
    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
  });

  test('that can not be started at all is never put back', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.supervisor.scripts.startProcess = () => {
      throw new DrainctlError('START_FAILED', 'no such file');
    };

    expect(await runTo(world.engine(), 'restart', ['all'])).toMatchObject({ outcome: 'failed' });
    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
  });

  test('that can not be stopped fails a stop, and the rest is not touched', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'api:api_00'] });
    world.supervisor.scripts.stopProcess = () => {
      throw new DrainctlError('STOP_FAILED', 'it does not stop');
    };

    const result = await runTo(world.engine(), 'stop', ['all']);

    expect(result.processes.map(({ outcome }) => outcome)).toEqual(['failed', 'untouched']);
  });

  test('that can not be stopped does not keep a shutdown from the others and from supervisord', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'api:api_00'] });
    world.supervisor.scripts.stopProcess = (name) => {
      if (name.startsWith('api')) throw new DrainctlError('STOP_FAILED', 'it does not stop');
    };

    await runTo(world.engine(), 'shutdown');

    expect(world.calls.filter((call) => !call.startsWith('depool'))).toEqual([
      'stop api:api_00',
      'stop web:web_00',
      'shutdown',
    ]);
  });

  test('of a start that fails does not keep the others from starting', async () => {
    const world = new ScriptedWorld({ processes: pair });
    for (const name of pair) world.supervisor.become(name, 'STOPPED');
    world.supervisor.scripts.startProcess = (name) => {
      if (name === 'web:web_00') throw new DrainctlError('START_FAILED', 'no such file');
    };

    const result = await runTo(world.engine(), 'start', ['all']);

    expect(result.processes.map(({ name, outcome }) => `${name} ${outcome}`).sort()).toEqual([
      'web:web_00 failed',
      'web:web_01 done',
    ]);
  });
});

describe('supervisord', () => {
  test('that is shutting down is told before anything was touched', async () => {
    const world = new ScriptedWorld({ processes: pair });
    world.supervisor.scripts.getAllProcessInfo = shuttingDown;

    expect(await runTo(world.engine(), 'stop', ['all'])).toMatchObject({
      outcome: 'failed',
      error_code: 'SUPERVISOR_SHUTTING_DOWN',
      processes: [],
    });
    expect(world.calls).toEqual([]);
  });

  test('that begins to shut down in the middle of a drain is the end of a restart, which puts back', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.supervisor.scripts.stopProcess = shuttingDown;

    expect(await runTo(world.engine(), 'restart', ['all'])).toMatchObject({
      outcome: 'failed',
      error_code: 'SUPERVISOR_SHUTTING_DOWN',
    });
  });
});

test('a process that a pool puts back by itself while it drains is taken out again', async () => {
  const world = new ScriptedWorld({ processes: ['web:web_00'] });
  const server = world.pool.server('app/web_00');
  server.inFlight = 1;
  let forgotten = false;
  world.pool.scripts.state = () => {
    if (world.pool.looks.length !== 4) {
      if (forgotten && server.placement === 'out') server.inFlight = 0;
      return;
    }
    forgotten = true;
    server.placement = 'in';
  };

  expect(await runTo(world.engine(), 'stop', ['all'])).toMatchObject({ outcome: 'done', cut: 0 });
  expect(world.calls).toEqual(['depool app/web_00 at pool-a', 'depool app/web_00 at pool-a', 'stop web:web_00']);
});

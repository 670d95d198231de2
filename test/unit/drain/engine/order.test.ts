import { describe, expect, test } from 'vitest';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';

describe('of each process', () => {
  test('a stop depools, drains, then stops', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });

    const result = await runTo(world.engine(), 'stop', ['all']);

    expect(result).toMatchObject({ outcome: 'done', cut: 0 });
    expect(world.calls).toEqual(['depool app/web_00 at pool-a', 'stop web:web_00']);
    expect(result.processes[0]?.phases.map(({ phase }) => phase)).toEqual(['depool', 'settle', 'drain', 'stop']);
  });

  test('a restart puts back only after the start, at every address', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], addresses: ['pool-a', 'pool-b'] });

    await runTo(world.engine(), 'restart', ['all']);

    expect(world.calls.slice(2, 4)).toEqual(['stop web:web_00', 'start web:web_00']);
    expect(world.calls.slice(0, 2).sort()).toEqual(['depool app/web_00 at pool-a', 'depool app/web_00 at pool-b']);
    expect(world.calls.slice(4).sort()).toEqual(['repool app/web_00 at pool-a', 'repool app/web_00 at pool-b']);
    expect(await world.journal()).toEqual({ entries: [], holds: [] });
  });

  test('a shutdown ends with supervisord itself', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'job:job_00'] });

    await runTo(world.engine(), 'shutdown');

    expect(world.calls.at(-1)).toBe('shutdown');
    expect(world.calls.filter((call) => call.startsWith('stop'))).toHaveLength(2);
  });

  test('a shutdown that is to keep supervisord keeps it', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });

    await runTo(world.engine(), 'shutdown', [], { keepSupervisord: true });

    expect(world.calls.at(-1)).toBe('stop web:web_00');
  });

  test('a gate drains and stops nothing: supervisord does', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await engine.world.fresh();

    expect(await runTo(engine, 'gate')).toMatchObject({ outcome: 'done' });
    expect(world.calls).toEqual(['depool app/web_00 at pool-a']);
  });

  test('a start does not touch what drainctl did not take out', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').placement = 'out';
    world.supervisor.become('web:web_00', 'STOPPED');

    await runTo(world.engine(), 'start', ['all']);

    expect(world.calls).toEqual(['start web:web_00']);
    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
  });

  test('what an operator had taken out before is out again after a restart', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').placement = 'out';

    expect(await runTo(world.engine(), 'restart', ['all'])).toMatchObject({ outcome: 'done' });
    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
    expect((await world.journal()).entries).toEqual([]);
  });

  test('one that does not run is skipped by a stop', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.supervisor.become('web:web_00', 'EXITED');

    expect((await runTo(world.engine(), 'stop', ['all'])).processes[0]?.outcome).toBe('skipped');
    expect(world.calls).toEqual([]);
  });
});

describe('of several processes', () => {
  const pair = ['web:web_00', 'web:web_01'];

  test('a stop depools in one round trip, and stops one at a time', async () => {
    const world = new ScriptedWorld({ processes: pair });
    let stopping = 0;
    let most = 0;
    world.supervisor.scripts.stopProcess = async () => {
      stopping += 1;
      most = Math.max(most, stopping);
      await new Promise(setImmediate);
      stopping -= 1;
    };

    await runTo(world.engine(), 'stop', ['all']);

    expect(world.calls[0]).toBe('depool app/web_00 app/web_01 at pool-a');
    expect(most).toBe(1);
  });

  test('a restart takes out the next one only when the one before is back', async () => {
    const world = new ScriptedWorld({ processes: pair });

    await runTo(world.engine(), 'restart', ['all']);

    expect(world.calls).toEqual(
      ['web_00', 'web_01'].flatMap((name) => [
        `depool app/${name} at pool-a`,
        `stop web:${name}`,
        `start web:${name}`,
        `repool app/${name} at pool-a`,
      ]),
    );
  });

  test('a group is drained only when the one before has stopped', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'api:api_00'] });

    await runTo(world.engine(), 'stop', ['all']);

    expect(world.calls).toEqual([
      'depool app/api_00 at pool-a',
      'stop api:api_00',
      'depool app/web_00 at pool-a',
      'stop web:web_00',
    ]);
  });

  test('the one that falls idle first is stopped first', async () => {
    const world = new ScriptedWorld({ processes: pair });
    world.pool.server('app/web_00').inFlight = 1;
    world.supervisor.scripts.stopProcess = (name) => {
      if (name === 'web:web_01') world.pool.server('app/web_00').inFlight = 0;
    };

    expect(await runTo(world.engine(), 'stop', ['all'])).toMatchObject({ outcome: 'done', cut: 0 });
    expect(world.calls.slice(1)).toEqual(['stop web:web_01', 'stop web:web_00']);
  });

  test('one that got work while it waited for its turn is drained again', async () => {
    const world = new ScriptedWorld({ processes: pair, program: { pollMs: 5 } });
    let late: string | undefined;
    world.supervisor.scripts.stopProcess = async (name) => {
      if (late !== undefined) return;
      late = name === 'web:web_00' ? 'app/web_01' : 'app/web_00';
      world.pool.server(late).inFlight = 1;
      const looks = world.pool.looks.length;
      // Longer than a poll: the look before is too old by now.
      await new Promise((resolve) => setTimeout(resolve, 20));
      world.pool.scripts.state = () => {
        if (world.pool.looks.length > looks + 3 && late !== undefined) world.pool.server(late).inFlight = 0;
      };
    };

    expect(await runTo(world.engine(), 'stop', ['all'])).toMatchObject({ outcome: 'done', cut: 0 });
    expect(world.supervisor.processes.get('web:web_00')?.state).toBe('STOPPED');
  });
});

describe('the journal', () => {
  test('is on the disk before the pool is touched', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    let seen: unknown;
    world.pool.scripts.depool = async () => {
      seen = await world.journal();
    };

    await runTo(world.engine(), 'stop', ['all']);

    expect(seen).toMatchObject({
      entries: [
        {
          process: 'web:web_00',
          pool: 'lb',
          address: 'pool-a',
          label: 'app/web_00',
          member: { server: 'app/web_00' },
          before: { placement: 'in' },
          wasIn: true,
        },
      ],
    });
  });

  test('keeps what was stopped, so that its start puts it back', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    await runTo(world.engine(), 'stop', ['all']);
    expect((await world.journal()).entries).toHaveLength(1);

    await runTo(world.engine(), 'start', ['all']);

    expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
    expect((await world.journal()).entries).toEqual([]);
  });

  test('that can not be written does not keep a stop and a start from their work', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], stateDir: '/dev/null/state' });
    const engine = world.engine();

    expect(await runTo(engine, 'stop', ['all'])).toMatchObject({ outcome: 'done' });
    expect(await runTo(engine, 'start', ['all'])).toMatchObject({ outcome: 'done' });

    expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
    expect(world.log.messages('warn').filter((message) => message.startsWith('The journal /'))).toHaveLength(1);
  });
});

describe('a hold', () => {
  test('is out and runs, until a person ends it', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();

    await runTo(engine, 'drain', ['all'], { reason: 'heap dump' });
    expect(await world.journal()).toMatchObject({ holds: [{ process: 'web:web_00', reason: 'heap dump', until: '' }] });
    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);

    await runTo(engine, 'pool', ['all']);
    expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
    expect(await world.journal()).toEqual({ entries: [], holds: [] });
  });

  test('stays out through a restart', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await runTo(engine, 'drain', ['all']);

    expect(await runTo(engine, 'restart', ['all'])).toMatchObject({ outcome: 'done' });

    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
  });

  test('stays out when a restart of it is cancelled', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await runTo(engine, 'drain', ['all']);
    world.pool.server('app/web_00').inFlight = 1;
    const run = engine.begin('restart', ['all'], {});
    const looks = world.pool.looks.length;
    world.pool.scripts.state = () => {
      if (world.pool.looks.length > looks + 3) run.end('cancelled');
    };

    expect(await run.ended(AbortSignal.timeout(5_000))).toMatchObject({ outcome: 'cancelled' });

    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
    expect(await world.journal()).toMatchObject({ entries: [{}], holds: [{}] });
  });

  test('with a time has its end in the journal', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });

    await runTo(world.engine(), 'drain', ['all'], { holdForMs: 60_000 });

    const [hold] = (await world.journal()).holds;
    expect(Date.parse(hold?.until ?? '') - Date.parse(hold?.since ?? '')).toBe(60_000);
  });
});

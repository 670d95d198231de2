import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../../src/drain/engine.ts';
import { acquireLock, type Lock } from '../../../../src/drain/lock.ts';
import { crashed, stoppedPast } from '../../../../src/drain/losses.ts';
import { onCleanUp } from '../../../support/cleanup.ts';
import { barrier, times, unreachable } from '../../../support/doubles/script.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import { waitFor } from '../../../support/wait-for.ts';

const soon = () => AbortSignal.timeout(8_000);

/** A process that was in its pool and has crashed, as its event tells. */
function crash(world: ScriptedWorld, name = 'web:web_00') {
  world.supervisor.become(name, 'EXITED');
  return crashed(name, 'EXITED', process.pid, false);
}

async function lockOfAnother(world: ScriptedWorld): Promise<Lock> {
  const lock = await acquireLock(world.config.stateDir, 'restart', {
    signal: soon(),
    takeOver: undefined,
    onWait: () => {},
    onGiveWay: () => {},
    onUnlockable: () => {},
  });
  onCleanUp(() => lock.release());
  return lock;
}

const actionsOf = async (engine: Engine) => (await engine.getHistory(20)).map(({ action }) => action);

describe('a process that crashed', () => {
  test('is taken out, and the journal knows why', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'] });
    const engine = world.engine();

    engine.losses.report(crash(world));
    await engine.idle();

    expect(world.calls).toEqual(['depool app/web_00 at pool-a']);
    expect((await world.journal()).entries).toMatchObject([{ process: 'web:web_00', wasIn: true, reason: 'crashed' }]);
    expect(await engine.getHistory(1)).toMatchObject([{ action: 'depool', outcome: 'done', names: ['web:web_00'] }]);
    expect(world.log.messages('warn').join()).toMatch(
      /^web:web_00 crashed \(pid \d+, exit status 0\); depooled: out of/,
    );
  });

  test('shows in the status with what befell it', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    engine.losses.report(crash(world));
    await engine.idle();

    const { processes } = await engine.getStatus();

    expect(processes[0]?.why).toBe(
      'crashed (exit status 0); taken out by drainctl; goes back when it runs and is ready',
    );
  });

  test('goes back when it runs again', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    engine.losses.report(crash(world));
    await engine.idle();
    world.supervisor.become('web:web_00', 'RUNNING');

    await engine.recover();
    await engine.idle();

    expect(world.calls).toEqual(['depool app/web_00 at pool-a', 'repool app/web_00 at pool-a']);
    expect(await world.journal()).toEqual({ entries: [], holds: [] });
  });

  test('is left alone with on_crash: ignore', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], program: { onCrash: 'ignore' } });
    const engine = world.engine();

    engine.losses.report(crash(world));
    await engine.idle();

    expect(world.calls).toEqual([]);
    expect(await actionsOf(engine)).toEqual([]);
  });

  test('and crashes again while it is out makes no noise', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    engine.losses.report(crash(world));
    await engine.idle();
    const lines = world.log.lines.length;

    for (const state of ['BACKOFF', 'BACKOFF', 'FATAL'] as const)
      engine.losses.report(crashed('web:web_00', state, undefined, undefined));
    await engine.idle();

    expect(world.calls).toEqual(['depool app/web_00 at pool-a']);
    expect(world.log.lines.length).toBe(lines);
    expect(await actionsOf(engine)).toEqual(['depool']);
  });

  test('that somebody else has taken out stays theirs', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').placement = 'out';
    const engine = world.engine();

    engine.losses.report(crash(world));
    await engine.idle();

    expect(world.calls).toEqual([]);
    expect((await world.journal()).entries).toEqual([]);
    expect(await actionsOf(engine)).toEqual([]);
  });

  test('that its pool does not know needs nothing', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.servers.delete('app/web_00');
    const engine = world.engine();

    engine.losses.report(crash(world));
    await engine.idle();

    expect(world.calls).toEqual([]);
    expect(world.log.messages('error')).toEqual([]);
  });

  test('long ago, and runs again, is left in', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();

    engine.losses.report(crashed('web:web_00', 'EXITED', process.pid + 1, false));
    await engine.idle();

    expect(world.calls).toEqual([]);
  });

  test('is taken out of a pool that answers only the second time', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.scripts.depool = times(1, unreachable);
    const engine = world.engine();

    engine.losses.report(crash(world));
    await engine.idle();

    expect(world.pool.server('app/web_00').placement).toBe('out');
    expect(world.log.messages('warn')[0]).toMatch(/is still in a pool; trying again/);
  });
});

describe('a stop past drainctl', () => {
  test('is told with how to close the way, and taken out whatever on_crash says', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], program: { onCrash: 'ignore' } });
    world.supervisor.become('web:web_00', 'STOPPING');
    const engine = world.engine();

    engine.losses.report(stoppedPast('web:web_00', process.pid));
    await engine.idle();

    expect(world.calls).toEqual(['depool app/web_00 at pool-a']);
    expect(world.log.messages('warn')).toEqual([
      "web:web_00 is being stopped past drainctl, by a client of supervisord's own socket; its requests in flight may be " +
        'cut off. Point that client (serverurl of [supervisorctl], Ansible, …) to unix:///dev/null/drainctl.sock',
    ]);
  });

  test('is none where a run of ours stopped it, however late the event comes', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await runTo(engine, 'restart', ['all']);
    const calls = [...world.calls];

    engine.losses.report(stoppedPast('web:web_00', process.pid));
    await engine.idle();

    expect(world.calls).toEqual(calls);
    expect(world.log.messages('warn')).toEqual([]);
  });

  test('is none where another drainctl has taken it out before', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    await runTo(world.engine(false), 'stop', ['all']);
    const engine = world.engine();

    engine.losses.report(stoppedPast('web:web_00', process.pid));
    await engine.idle();

    expect(world.log.messages('warn')).toEqual([]);
  });

  test('without an event is found between two looks', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01', 'web:web_02'] });
    const engine = world.engine();
    const before = await engine.world.refresh();
    world.supervisor.become('web:web_00', 'STOPPED');
    world.supervisor.become('web:web_01', 'FATAL');

    engine.losses.compare(before, await engine.world.refresh());
    await engine.idle();

    expect(world.calls).toEqual(['depool app/web_00 app/web_01 at pool-a']);
    const reasons = (await world.journal()).entries.map(({ reason }) => reason);
    expect(reasons).toEqual(['stopped past drainctl', 'could not be started']);
  });
});

describe('beside a run', () => {
  test('that drains another process it is taken out at once, and both are in the journal', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'] });
    world.pool.server('app/web_00').inFlight = 1;
    const engine = world.engine();
    const run = engine.begin('drain', ['web:web_00'], {});
    await waitFor(() => world.pool.looks.length > 3, { what: 'the drain' });

    engine.losses.report(crash(world, 'web:web_01'));

    await waitFor(() => world.pool.server('app/web_01').placement === 'out', { what: 'web_01 to be out' });
    await engine.losses.idle();
    const during = (await world.journal()).entries.map(({ process }) => process);
    world.pool.server('app/web_00').inFlight = 0;
    const { outcome } = await run.ended(soon());
    expect(during).toEqual(['web:web_00', 'web:web_01']);
    expect(outcome).toBe('done');
    expect((await world.journal()).entries.map(({ process }) => process)).toEqual(['web:web_00', 'web:web_01']);
  });

  test('that drains another process it goes back when it runs again, and that run goes on', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'] });
    world.pool.server('app/web_00').inFlight = 1;
    const engine = world.engine();
    const run = engine.begin('drain', ['web:web_00'], {});
    await waitFor(() => world.pool.looks.length > 3, { what: 'the drain' });
    engine.losses.report(crash(world, 'web:web_01'));
    await engine.losses.idle();
    world.supervisor.become('web:web_01', 'RUNNING');

    await engine.recover();

    expect(world.pool.server('app/web_01').placement).toBe('in');
    expect(run.result).toBeUndefined();
    expect((await world.journal()).entries.map(({ process }) => process)).toEqual(['web:web_00']);
    world.pool.server('app/web_00').inFlight = 0;
    expect(await run.ended(soon())).toMatchObject({ outcome: 'done' });
  });

  test('that is at work on that very process it is left to the run', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').inFlight = 1;
    const engine = world.engine();
    const run = engine.begin('stop', ['all'], {});
    await waitFor(() => world.pool.looks.length > 3, { what: 'the drain' });

    engine.losses.report(crash(world));
    world.pool.server('app/web_00').inFlight = 0;
    await run.ended(soon());
    await engine.idle();

    expect(await actionsOf(engine)).toEqual(['stop']);
    expect(world.calls.filter((call) => call.startsWith('depool'))).toHaveLength(1);
  });

  test('that puts it back in the very moment that it crashes it is taken out after the run', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await runTo(engine, 'stop', ['all']);
    const gate = barrier();
    world.pool.scripts.repool = gate.script;
    const run = engine.begin('start', ['all'], {});
    await gate.reached;

    engine.losses.report(crash(world));
    gate.open();
    await run.ended(soon());

    await waitFor(() => world.pool.server('app/web_00').placement === 'out', { what: 'web_00 to be out' });
    await engine.idle();
    expect(world.calls.slice(-2)).toEqual(['repool app/web_00 at pool-a', 'depool app/web_00 at pool-a']);
  });
});

describe('while another drainctl has the lock', () => {
  test('it is taken out all the same, and written to the journal when the lock is free', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    const lock = await lockOfAnother(world);

    engine.losses.report(crash(world));
    await waitFor(() => world.pool.server('app/web_00').placement === 'out', { what: 'web_00 to be out' });
    const during = (await world.journal()).entries;
    await lock.release();
    await engine.idle();

    expect(during).toEqual([]);
    expect((await world.journal()).entries).toMatchObject([{ process: 'web:web_00', reason: 'crashed' }]);
    expect(world.log.messages('warn').join('\n')).toContain('another drainctl has the lock');
  });

  test('what that one has put back in the meantime is not written down', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    const lock = await lockOfAnother(world);
    engine.losses.report(crash(world));
    await waitFor(() => world.pool.server('app/web_00').placement === 'out', { what: 'web_00 to be out' });

    world.pool.server('app/web_00').placement = 'in';
    await lock.release();
    await engine.idle();

    expect((await world.journal()).entries).toEqual([]);
  });
});

test('100 that go at once are taken out in two round trips', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `web:web_${index}`);
  const world = new ScriptedWorld({ processes: names });
  const engine = world.engine();
  await engine.world.refresh();

  for (const name of names) engine.losses.report(crash(world, name));
  await engine.idle();

  expect(world.calls.length).toBeLessThanOrEqual(2);
  expect((await world.journal()).entries).toHaveLength(100);
  expect((await engine.getHistory(5)).flatMap(({ processes }) => processes)).toHaveLength(100);
});

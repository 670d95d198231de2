import { mkdirSync, rmdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { acquireLock } from '../../../../src/drain/lock.ts';
import { crashed } from '../../../../src/drain/losses.ts';
import { SnapshotFile } from '../../../../src/drain/snapshot-file.ts';
import { DamageControl } from '../../../../src/sidecar/damage-control.ts';
import { onCleanUp } from '../../../support/cleanup.ts';
import { barrier, times, unreachable } from '../../../support/doubles/script.ts';
import { shuttingDown } from '../../../support/doubles/scripted-supervisor.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import { waitFor } from '../../../support/wait-for.ts';

const soon = () => AbortSignal.timeout(8_000);

/** A process that was in its pool and has crashed, as its event tells. */
function crash(world: ScriptedWorld, name = 'web:web_00') {
  world.supervisor.become(name, 'EXITED');
  return crashed(name, 'EXITED', process.pid, false);
}

const isOut = (world: ScriptedWorld, name: string) => () => world.pool.server(`app/${name}`).placement === 'out';

describe('a process that crashes while it is being put back', () => {
  test('beside a run that drains another one is taken out again', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'] });
    world.pool.server('app/web_00').inFlight = 1;
    const engine = world.engine();
    const run = engine.begin('drain', ['web:web_00'], {});
    await waitFor(() => world.pool.looks.length > 3, { what: 'the drain' });
    engine.losses.report(crash(world, 'web:web_01'));
    await engine.losses.idle();
    world.supervisor.become('web:web_01', 'RUNNING');
    const gate = barrier();
    world.pool.scripts.repool = gate.script;
    const recovery = engine.recover();
    await gate.reached;

    engine.losses.report(crash(world, 'web:web_01'));
    gate.open();
    await recovery;

    await waitFor(isOut(world, 'web_01'), { what: 'web_01 to be out' });
    await engine.losses.idle();
    expect((await world.journal()).entries.map(({ process }) => process)).toContain('web:web_01');
    world.pool.server('app/web_00').inFlight = 0;
    await run.ended(soon());
  });

  test('by a run that was cancelled is taken out again', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').inFlight = 1;
    const engine = world.engine();
    const run = engine.begin('drain', ['web:web_00'], {});
    await waitFor(() => world.pool.looks.length > 3, { what: 'the drain' });
    const gate = barrier();
    world.pool.scripts.repool = gate.script;
    await engine.cancel(run.id);
    await gate.reached;

    engine.losses.report(crash(world));
    gate.open();
    await run.ended(soon());

    await waitFor(isOut(world, 'web_00'), { what: 'web_00 to be out' });
    await engine.losses.idle();
    expect((await world.journal()).entries).toMatchObject([{ process: 'web:web_00', reason: 'crashed' }]);
  });
});

test('a process that is put back for one that crashed meanwhile, and was started anew, goes out until it is ready', async () => {
  const world = new ScriptedWorld({ processes: ['web:web_00'] });
  const engine = world.engine();
  await runTo(engine, 'stop', ['all']);
  const gate = barrier();
  world.pool.scripts.repool = gate.script;
  const run = engine.begin('start', ['all'], {});
  await gate.reached;

  engine.losses.report(crashed('web:web_00', 'EXITED', process.pid + 1, false));
  gate.open();
  await run.ended(soon());

  await waitFor(isOut(world, 'web_00'), { what: 'web_00 to be out' });
  await engine.recover();
  await engine.idle();
  expect(world.pool.server('app/web_00').placement).toBe('in');
});

test('a process that crashes while it is put back is taken out although supervisord then tells nothing', async () => {
  const world = new ScriptedWorld({ processes: ['web:web_00'] });
  const engine = world.engine();
  await runTo(engine, 'stop', ['all']);
  const gate = barrier();
  world.pool.scripts.repool = gate.script;
  const run = engine.begin('start', ['all'], {});
  await gate.reached;
  engine.losses.report(crash(world));
  await engine.world.refresh();
  world.supervisor.scripts.getProcessInfo = shuttingDown;

  gate.open();
  await run.ended(soon());

  await waitFor(isOut(world, 'web_00'), { what: 'web_00 to be out' });
});

describe('the gate', () => {
  test('does not wait for a pool that a recovery waits for', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'] });
    const engine = world.engine();
    await runTo(engine, 'drain', ['web:web_01'], { holdForMs: 1 });
    await engine.world.refresh();
    const hung = barrier();
    world.pool.scripts.depool = times(1, hung.script);
    onCleanUp(() => hung.open());
    engine.losses.report(crash(world, 'web:web_00'));
    await hung.reached;
    const recovery = engine.begin('recover', ['web:web_01'], {});

    engine.begin('gate', [], {});

    await expect(recovery.ended(soon())).resolves.toMatchObject({ outcome: 'cancelled' });
    hung.open();
  });

  test('opens although another drainctl has the lock and never frees it', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    const lock = await acquireLock(world.config.stateDir, 'restart', {
      signal: soon(),
      takeOver: undefined,
      onWait: () => {},
      onGiveWay: () => {},
      onUnlockable: () => {},
    });
    onCleanUp(() => lock.release());
    engine.losses.report(crash(world));
    await waitFor(isOut(world, 'web_00'), { what: 'web_00 to be out' });

    await engine.idle();
    engine.close();

    await waitFor(() => world.log.messages('error').length > 0, { what: 'the error' });
    expect(world.log.messages('error').join()).toContain(
      'not in the journal, so to be put back by hand: web:web_00 (app/web_00 at pool-a)',
    );
  });
});

describe('what two looks at supervisord tell', () => {
  test('is a loss where its event was dropped, whoever looked', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'] });
    const engine = world.engine();
    const damage = new DamageControl(engine, world.log, 0);
    onCleanUp(() => damage.stop());
    await engine.world.refresh();
    world.supervisor.become('web:web_01', 'FATAL');

    await engine.getStatus();
    await damage.lookForLosses();
    await engine.idle();

    expect(world.calls).toEqual(['depool app/web_01 at pool-a']);
  });

  test('is none where a run of ours stops it', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    const damage = new DamageControl(engine, world.log, 0);
    onCleanUp(() => damage.stop());
    world.supervisor.scripts.startProcess = async () => void (await engine.world.refresh());

    await runTo(engine, 'restart', ['all']);
    await engine.world.refresh();
    await engine.idle();

    expect(world.log.messages('warn')).toEqual([]);
    expect(world.pool.server('app/web_00').placement).toBe('in');
  });
});

test('one whose event comes twice is taken out, and told, once', async () => {
  const world = new ScriptedWorld({ processes: ['web:web_00'] });
  const engine = world.engine();
  const gate = barrier();
  world.pool.scripts.state = gate.script;
  engine.losses.report(crash(world));
  await gate.reached;

  engine.losses.report(crash(world));
  // Longer than one batch waits for the one before it; nothing tells that the second has been passed over.
  await delay(300);
  gate.open();
  await engine.idle();

  expect(world.log.messages('warn')).toHaveLength(1);
  expect(await engine.getHistory(5)).toHaveLength(1);
});

test('one that crashes before the first look is not taken to run because an earlier sidecar saw another in its place', async () => {
  const world = new ScriptedWorld({ processes: ['web:web_00'] });
  await world.engine().world.refresh();
  await waitFor(() => new SnapshotFile(world.config.stateDir).read(), { what: 'the processes to be on the disk' });
  world.supervisor.become('web:web_00', 'EXITED');
  const engine = world.engine();

  engine.losses.report(crashed('web:web_00', 'EXITED', process.pid + 1, false));
  await engine.idle();

  expect(world.calls).toEqual(['depool app/web_00 at pool-a']);
});

test('one that crashed while the journal could not be read goes back all the same', async () => {
  const world = new ScriptedWorld({ processes: ['web:web_00'] });
  const file = `${world.config.stateDir}/journal.json`;
  mkdirSync(file);
  const engine = world.engine();
  engine.losses.report(crash(world));
  await engine.idle();
  rmdirSync(file);
  world.supervisor.become('web:web_00', 'RUNNING');

  await engine.recover();
  await engine.idle();

  expect(world.pool.server('app/web_00').placement).toBe('in');
  expect(await world.journal()).toEqual({ entries: [], holds: [] });
});

test('one of a group that was never seen keeps no other one in while supervisord tells nothing', async () => {
  const world = new ScriptedWorld({ processes: ['web:web_00'] });
  const engine = world.engine();
  await engine.world.refresh();
  world.supervisor.scripts.getAllProcessInfo = shuttingDown;

  engine.losses.report(crashed('new:new_00', 'EXITED', 1, false));
  engine.losses.report(crash(world));
  await engine.idle();

  expect(world.calls).toEqual(['depool app/web_00 at pool-a']);
});

test('a process that a slow pool let go of only after it ran again goes back once, and stays', async () => {
  const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'], addresses: ['pool-a', 'pool-b'] });
  world.pool.server('app/web_01').inFlight = 1;
  const engine = world.engine();
  const run = engine.begin('drain', ['web:web_01'], {});
  await waitFor(() => world.pool.looks.length > 3, { what: 'the drain' });
  const [, slow] = world.pools;
  if (slow !== undefined) slow.scripts.depool = times(3, unreachable);
  engine.losses.report(crash(world, 'web:web_00'));
  await waitFor(isOut(world, 'web_00'), { what: 'web_00 to be out' });
  world.supervisor.become('web:web_00', 'RUNNING');

  await engine.recover();
  await engine.losses.idle();
  await engine.recover();

  expect(world.pools.map((pool) => pool.server('app/web_00').placement)).toEqual(['in', 'in']);
  expect(world.calls.filter((call) => call === 'repool app/web_00 at pool-a')).toHaveLength(1);
  world.pool.server('app/web_01').inFlight = 0;
  await run.ended(soon());
});

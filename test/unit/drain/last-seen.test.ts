import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Engine } from '../../../src/drain/engine.ts';
import { writeJournalFile } from '../../../src/drain/journal-file.ts';
import { SnapshotFile } from '../../../src/drain/snapshot-file.ts';
import type { ProcessState } from '../../../src/supervisor/process.ts';
import { silentSupervisor } from '../../../src/supervisor/silent.ts';
import { refused } from '../../support/doubles/script.ts';
import { runTo, ScriptedWorld } from '../../support/doubles/scripted-world.ts';
import { waitFor } from '../../support/wait-for.ts';
import { entry, hold } from './journal-entries.ts';

const processes = ['web:web_00', 'web:web_01'];

/** A world whose sidecar has seen these states, and in which supervisord answers no more. */
async function silentWorld(states: readonly ProcessState[] = ['RUNNING', 'RUNNING']): Promise<ScriptedWorld> {
  const world = new ScriptedWorld({ processes });
  for (const [index, state] of states.entries()) world.supervisor.become(processes[index] ?? '', state);
  await world.engine().world.fresh();
  await waitFor(() => new SnapshotFile(world.config.stateDir).read(), { what: 'the processes to be on the disk' });
  return world;
}

/** An engine as drainctl shutdown makes it then. */
function lastSeenEngine({ config, log }: ScriptedWorld): Engine {
  const supervisor = silentSupervisor('unix:///scripted/supervisor.sock');
  return new Engine({ config, supervisor, log, isSidecar: false, lastSeen: { supervisordPid: 0 } });
}

describe('a depool', () => {
  test('takes out everything that was seen to run, and keeps in the journal what it was', async () => {
    const world = await silentWorld();

    const result = await runTo(lastSeenEngine(world), 'depool', [], { occasion: 'supervisord crashed' });

    expect(result).toMatchObject({ outcome: 'done', occasion: 'supervisord crashed', cut: 0 });
    expect(world.calls).toEqual(['depool app/web_00 app/web_01 at pool-a']);
    expect((await world.journal()).entries.map((entry) => entry.process)).toEqual(processes);
  });

  test('leaves alone what did not run', async () => {
    const world = await silentWorld(['RUNNING', 'STOPPED']);

    const { processes: reports } = await runTo(lastSeenEngine(world), 'depool');

    expect(world.calls).toEqual(['depool app/web_00 at pool-a']);
    expect(reports.map(({ name }) => name)).toEqual(['web:web_00']);
  });

  test('after a crash takes out what the journal has: who wrote it may not have come to the pool', async () => {
    const world = await silentWorld();
    const { stateDir } = world.config;
    const content = { entries: processes.map((name) => entry(name)), holds: [hold('web:web_01')] };
    await writeJournalFile(stateDir, join(stateDir, 'journal.json'), content);

    await runTo(lastSeenEngine(world), 'depool', [], { occasion: 'supervisord crashed' });

    expect(world.calls).toEqual(['depool app/web_00 at pool-a']);
  });

  test('takes out what is named although it has died', async () => {
    const world = new ScriptedWorld({ processes });
    world.supervisor.become('web:web_01', 'EXITED');

    const result = await runTo(world.engine(), 'depool', ['web:web_01']);

    expect(result).toMatchObject({ outcome: 'done', processes: [{ name: 'web:web_01', outcome: 'done' }] });
    expect(world.calls).toEqual(['depool app/web_01 at pool-a']);
  });

  test('goes on with the others where one can not be taken out, puts nothing back, and has failed', async () => {
    const world = await silentWorld();
    world.pool.scripts.depool = (subject, signal) =>
      subject.includes('web_00') ? refused(subject, signal) : undefined;

    const result = await runTo(lastSeenEngine(world), 'depool');

    expect(result).toMatchObject({
      outcome: 'failed',
      error_code: 'POOL_REFUSED',
      processes: [{ outcome: 'failed' }, { outcome: 'done' }],
    });
    expect(world.calls.filter((call) => call.startsWith('repool'))).toEqual([]);
    expect((await world.journal()).entries.map((entry) => entry.process)).toContain('web:web_01');
  });

  test('is undone by the next sidecar when the processes run again', async () => {
    const world = await silentWorld();
    await runTo(lastSeenEngine(world), 'depool');
    const sidecar = world.engine();

    await sidecar.recover();
    await sidecar.idle();

    expect((await world.journal()).entries).toEqual([]);
  });
});

describe('a gate as last seen', () => {
  test('drains although supervisord answers nothing', async () => {
    const world = await silentWorld();
    const server = world.pool.server('app/web_00');
    server.inFlight = 1;
    world.pool.scripts.state = () => {
      if (world.pool.looks.length > 5) server.inFlight = 0;
    };

    const result = await runTo(lastSeenEngine(world), 'gate', [], { keepsDeadlines: true });

    expect(result).toMatchObject({ outcome: 'done', cut: 0, message: expect.stringContaining('2 of 2 processes') });
  });

  test('that keeps to the deadlines ends there, and says what is unfinished', async () => {
    const world = await silentWorld();
    world.pool.server('app/web_00').inFlight = 3;

    const result = await runTo(lastSeenEngine(world), 'gate', [], { keepsDeadlines: true, deadlineMs: 200 });

    expect(result).toMatchObject({ outcome: 'cut', cut: 3 });
    expect(result.message).toContain('web:web_00 is stopped by systemd with 3 requests or jobs unfinished.');
  });

  test('has a plan', async () => {
    const world = await silentWorld();

    expect((await lastSeenEngine(world).getPlan('gate', [], {})).worst_case_ms).toBe(5_000);
  });
});

test('a service restart says that the processes go back', async () => {
  const world = new ScriptedWorld({ processes });

  const { message, occasion } = await runTo(world.engine(), 'shutdown', [], {
    occasion: 'service restart',
    keepSupervisord: true,
  });

  expect(occasion).toBe('service restart');
  expect(message).toContain('Service restart: the processes go back into their pools when they run again');
});

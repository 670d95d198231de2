import { mkdirSync, rmSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../../src/drain/snapshot.ts';
import { SnapshotFile } from '../../../../src/drain/snapshot-file.ts';
import { processConfig, processInfo } from '../../../support/doubles/processes.ts';
import { shuttingDown } from '../../../support/doubles/scripted-supervisor.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { waitFor } from '../../../support/wait-for.ts';

const snapshot: Snapshot = {
  infos: [processInfo('web:web_00')],
  configs: new Map([['web:web_00', processConfig('web:web_00')]]),
};

/** Waits until what was seen last can be read by another process. */
async function written(stateDir: string): Promise<Snapshot> {
  return waitFor(() => new SnapshotFile(stateDir).read(), { what: 'the processes to be on the disk' });
}

describe('what supervisord was seen to run', () => {
  test('is known to a sidecar that starts when supervisord tells nothing any more', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    await world.engine().world.refresh();
    await written(world.config.stateDir);
    world.supervisor.scripts.getAllProcessInfo = shuttingDown;

    expect(await runTo(world.engine(), 'gate')).toMatchObject({ outcome: 'done', cut: 0 });

    expect(world.calls).toEqual(['depool app/web_00 at pool-a']);
  });

  test('is written to a state_dir that is not there yet, which only its owner may enter', async () => {
    const stateDir = temporaryDirectory().file('state');

    new SnapshotFile(stateDir).write(snapshot);

    expect(await written(stateDir)).toEqual(snapshot);
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
    expect(statSync(`${stateDir}/processes.json`).mode & 0o777).toBe(0o600);
  });

  test('is written at the next look where it could not be written at first', async () => {
    const dir = temporaryDirectory();
    const blocker = dir.write('state', '');
    const file = new SnapshotFile(blocker);
    file.write(snapshot);
    // Nothing tells that a write has failed; were it not over by then, the test would pass without it.
    await delay(100);
    rmSync(blocker);
    mkdirSync(blocker);

    await waitFor(
      async () => {
        file.write(snapshot);
        return (await file.read()) !== undefined;
      },
      { what: 'the processes to be on the disk' },
    );

    expect(await file.read()).toEqual(snapshot);
  });

  test.each([
    ['that somebody else has by now', { startTimes: { 'web:web_00': '1' } }],
    ['by a drainctl that wrote no start times', {}],
  ])('has no pid %s', async (_, startTimes) => {
    const dir = temporaryDirectory();
    const infos = [{ ...processInfo('web:web_00'), pid: process.pid }];
    dir.write('processes.json', JSON.stringify({ version: 1, ...startTimes, infos, configs: [] }));

    const read = await new SnapshotFile(dir.path).read();

    expect(read?.infos).toMatchObject([{ fullName: 'web:web_00', state: 'RUNNING', pid: 0 }]);
  });

  test('has the pids of processes that still run', async () => {
    const dir = temporaryDirectory();
    const infos = [{ ...processInfo('web:web_00'), pid: process.pid }];

    new SnapshotFile(dir.path).write({ infos, configs: new Map() });

    expect((await written(dir.path)).infos).toEqual(infos);
  });

  test('is not written by a drainctl that is no sidecar', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const { world: seen } = world.engine(false);

    await seen.refresh();

    expect(await new SnapshotFile(world.config.stateDir).read()).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import { withLivePids } from '../../../src/drain/world.ts';
import { processInfo } from '../../support/doubles/processes.ts';
import { startProcess } from '../../support/processes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** More than any process id of Linux (proc(5), /proc/sys/kernel/pid_max). */
const nobodysPid = 2 ** 22 + 1;

const snapshotOf = (pid: number) => ({ infos: [{ ...processInfo('web:web_00'), pid }], configs: new Map() });

describe('a snapshot, while supervisord tells nothing', () => {
  test('keeps a process whose pid exists', () => {
    expect(withLivePids(snapshotOf(process.pid)).infos).toMatchObject([{ state: 'RUNNING', pid: process.pid }]);
  });

  test('says of one whose pid is gone that it has stopped', () => {
    // A supervisord without any child.
    expect(withLivePids(snapshotOf(nobodysPid), nobodysPid).infos).toMatchObject([{ state: 'STOPPED', pid: 0 }]);
  });

  test('takes it to live while supervisord has a child that the snapshot does not know', async () => {
    await using child = startProcess('sleep', ['60'], { mark: temporaryDirectory().path });

    const { infos } = withLivePids(snapshotOf(nobodysPid), process.pid);

    expect(child.running).toBe(true);
    expect(infos).toMatchObject([{ state: 'RUNNING', pid: 0 }]);
  });
});

import { describe, expect, test } from 'vitest';
import { findSupervisordPid, pidExists, withLivePids } from '../../../src/drain/live-pids.ts';
import { processInfo } from '../../support/doubles/processes.ts';
import { endMarked } from '../../support/marked-processes.ts';
import { startProcess } from '../../support/processes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

/** More than any process id of Linux (proc(5), /proc/sys/kernel/pid_max). */
const nobodysPid = 2 ** 22 + 1;

const snapshotOf = (pid: number) => ({ infos: [{ ...processInfo('web:web_00'), pid }], configs: new Map() });

describe('a snapshot, while supervisord tells nothing', () => {
  test('keeps a process whose pid exists', () => {
    expect(withLivePids(snapshotOf(process.pid), nobodysPid).infos).toMatchObject([
      { state: 'RUNNING', pid: process.pid },
    ]);
  });

  test('says of one whose pid is gone that it has stopped', () => {
    expect(withLivePids(snapshotOf(nobodysPid), nobodysPid).infos).toMatchObject([{ state: 'STOPPED', pid: 0 }]);
  });

  test('takes one whose pid was not known to live where nothing tells which children there are', () => {
    expect(withLivePids(snapshotOf(0), nobodysPid).infos).toMatchObject([{ state: 'RUNNING', pid: 0 }]);
  });

  test('takes it to live while supervisord has a child that the snapshot does not know', async () => {
    await using child = startProcess('sleep', ['60'], { mark: temporaryDirectory().path });

    const { infos } = withLivePids(snapshotOf(nobodysPid), process.pid);

    expect(child.running).toBe(true);
    expect(infos).toMatchObject([{ state: 'RUNNING', pid: 0 }]);
  });
});

test('a process that has ended, and whose parent hangs and takes no note, is gone', async () => {
  // The child prints its pid, and ends; sleep never waits for it.
  await using parent = startProcess('sh', ['-c', "sh -c 'echo $$' & exec sleep 60"], {
    mark: temporaryDirectory().path,
  });
  await waitFor(() => parent.stdout.endsWith('\n'), { what: 'the pid of the child' });
  const pid = Number(parent.stdout);

  await waitFor(() => !pidExists(pid), { what: 'the end of the child' });

  expect(process.kill(pid, 0)).toBe(true);
});

describe('the supervisord of a snapshot', () => {
  test('is the parent of what it ran', async () => {
    const directory = temporaryDirectory();
    const script = directory.write('supervisord', 'sleep 60 & echo $!\nwait\n');
    await using parent = startProcess('sh', [script], { mark: directory.path });
    await waitFor(() => parent.stdout.endsWith('\n'), { what: 'the pid of the child' });

    const found = findSupervisordPid(snapshotOf(Number(parent.stdout)));

    const { pid } = parent;
    await endMarked(directory.path);
    expect(found).toBe(pid);
  });

  test('is not known where somebody else is the parent', async () => {
    await using child = startProcess('sleep', ['60'], { mark: temporaryDirectory().path });

    expect(findSupervisordPid(snapshotOf(child.pid))).toBeUndefined();
  });

  test('is not known where nothing of it lives', () => {
    expect(findSupervisordPid(snapshotOf(nobodysPid))).toBeUndefined();
  });
});

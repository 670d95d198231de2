import { mkdirSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { acquireLock, type Lock, type LockOptions, type LockOwner, tryLock } from '../../../src/drain/lock.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { type RunningProcess, startProcess } from '../../support/processes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const ownerProgram = fileURLToPath(new URL('../../fixtures/lock/owner.mjs', import.meta.url));

/** Acquires the lock, at most for 20 s, and frees it when the test ends. */
async function acquire(stateDir: string, given: Partial<LockOptions> = {}): Promise<Lock> {
  const lock = await acquireLock(stateDir, 'shutdown', {
    signal: AbortSignal.timeout(20_000),
    takeOver: undefined,
    onWait: () => {},
    onGiveWay: () => {},
    onUnlockable: () => {},
    ...given,
  });
  onCleanUp(() => lock.release());
  return lock;
}

/** Another process that holds the lock. */
async function startOwner(stateDir: string): Promise<RunningProcess> {
  const owner = startProcess(process.execPath, ['--import', 'tsx', ownerProgram, stateDir], { mark: stateDir });
  await waitFor(() => owner.stdout.includes('held'), { what: 'the other process to have the lock' });
  return owner;
}

/** Begins to acquire a lock that somebody has, and resolves once that somebody was asked. */
async function beginWaiting(stateDir: string, given: Partial<LockOptions> = {}) {
  const owners: (LockOwner | undefined)[] = [];
  let told = () => {};
  const asked = new Promise<void>((resolve) => {
    told = resolve;
  });
  const onWait = (owner: LockOwner | undefined) => {
    owners.push(owner);
    told();
  };
  const lock = acquire(stateDir, { ...given, onWait });
  lock.catch(() => {});
  await Promise.race([asked, lock]);
  return { owners, lock };
}

describe('the lock', () => {
  test('that nobody has is held at once', async () => {
    expect((await acquire(temporaryDirectory().path)).held).toBe(true);
  });

  test('has one owner, who tells who it is', async () => {
    const dir = temporaryDirectory();
    await acquire(dir.path);

    const controller = new AbortController();
    const { owners, lock } = await beginWaiting(dir.path, { signal: controller.signal });
    controller.abort('seen enough');

    await expect(lock).rejects.toBe('seen enough');
    expect(owners).toEqual([{ pid: process.pid, doing: 'shutdown' }]);
  });

  test('goes to who waits when it is free', async () => {
    const dir = temporaryDirectory();
    const first = await acquire(dir.path);
    const second = await beginWaiting(dir.path);

    await first.release();

    expect((await second.lock).held).toBe(true);
  });

  test('of another folder is another lock', async () => {
    await acquire(temporaryDirectory().path);

    expect((await acquire(temporaryDirectory().path)).held).toBe(true);
  });

  test('is the same by whatever path its folder is reached', async () => {
    const dir = temporaryDirectory();
    mkdirSync(dir.file('state'));
    symlinkSync(dir.file('state'), dir.file('link'));
    await acquire(dir.file('state'));

    expect(await tryLock(dir.file('link'), 'stop', () => {})).toBeUndefined();
  });

  test('of a folder that is not there can be had', async () => {
    expect((await acquire(temporaryDirectory().file('missing'))).held).toBe(true);
  });

  test('of a folder that can never be there is gone without, and that is told', async () => {
    const file = temporaryDirectory().write('file', '');
    const told: string[] = [];

    const lock = await acquire(`${file}/state`, { onUnlockable: (message) => told.push(message) });

    expect(lock.held).toBe(false);
    expect(told).toEqual([expect.stringContaining("can't be locked")]);
  });

  test('is not had by who is cancelled while waiting', async () => {
    const dir = temporaryDirectory();
    await acquire(dir.path);
    const controller = new AbortController();
    const { lock } = await beginWaiting(dir.path, { signal: controller.signal });

    controller.abort('cancelled');

    await expect(lock).rejects.toBe('cancelled');
  });

  test('tryLock does not wait', async () => {
    const dir = temporaryDirectory();
    const lock = await tryLock(dir.path, 'keep out', () => {});

    const second = await tryLock(dir.path, 'keep out', () => {});
    await lock?.release();
    const third = await tryLock(dir.path, 'keep out', () => {});
    await third?.release();

    expect([lock?.held, second, third?.held]).toEqual([true, undefined, true]);
  });
});

describe('giving way', () => {
  test('is asked for by who takes over, in the name of its action', async () => {
    const dir = temporaryDirectory();
    const asked = new Set<string>();
    const first = await acquire(dir.path, {
      onGiveWay: (action) => {
        asked.add(action);
        setTimeout(() => first.release(), 50);
      },
    });

    expect((await acquire(dir.path, { takeOver: 'gate' })).held).toBe(true);
    expect([...asked]).toEqual(['gate']);
  });

  test('is not asked for by who only waits', async () => {
    const dir = temporaryDirectory();
    let asked = 0;
    const first = await acquire(dir.path, { onGiveWay: () => (asked += 1) });
    const second = await beginWaiting(dir.path);
    await first.release();

    await second.lock;

    expect(asked).toBe(0);
  });
});

describe('an owner in another process', () => {
  test('that is killed with SIGKILL has the lock no more', async () => {
    const dir = temporaryDirectory();
    const owner = await startOwner(dir.path);
    const { owners, lock } = await beginWaiting(dir.path);

    owner.kill('SIGKILL');

    expect((await lock).held).toBe(true);
    expect(owners).toEqual([{ pid: owner.pid, doing: 'restart web:*' }]);
  });

  test('that hangs keeps it from who waits, and is gone without by who takes over', async () => {
    const dir = temporaryDirectory();
    const owner = await startOwner(dir.path);
    owner.kill('SIGSTOP');
    const controller = new AbortController();
    const waiting = beginWaiting(dir.path, { signal: controller.signal });

    const taken = await beginWaiting(dir.path, { takeOver: 'shutdown' });

    expect((await taken.lock).held).toBe(false);
    expect(taken.owners).toEqual([undefined]);
    const { owners, lock } = await waiting;
    controller.abort('still waiting');
    await expect(lock).rejects.toBe('still waiting');
    expect(owners).toEqual([undefined]);
    owner.kill('SIGCONT');
  });
});

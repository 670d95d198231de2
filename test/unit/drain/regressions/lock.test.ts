import { chmodSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { acquireLock } from '../../../../src/drain/lock.ts';
import { onCleanUp } from '../../../support/cleanup.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** A lock that is held in a state_dir of its own, and what was asked of its owner meanwhile. */
async function heldLock(stateDir: string) {
  const asked: string[] = [];
  const lock = await acquireLock(stateDir, 'shutdown', {
    signal: AbortSignal.timeout(8_000),
    takeOver: undefined,
    onWait: () => {},
    onGiveWay: (action) => asked.push(action),
    onUnlockable: () => {},
  });
  onCleanUp(() => lock.release());
  return { asked, lock };
}

/** A state_dir in a folder that everybody may enter, as /var/lib is. */
function stateDirForAll(): string {
  const dir = temporaryDirectory();
  chmodSync(dir.path, 0o755);
  return dir.file('state');
}

const sayGiveWay = `
const socket = require('node:net').connect(process.argv[1], () => socket.end('give way to gate\\n'));
socket.on('error', (error) => { console.log(error.code); process.exit(1); });
socket.on('data', () => process.exit(0));
`;

describe('the lock', () => {
  test('is a file that only its owner may open, and a socket in a folder that only its owner may enter', async () => {
    const stateDir = stateDirForAll();
    await heldLock(stateDir);

    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(mode(stateDir)).toBe('700');
    expect(mode(`${stateDir}/lock`)).toBe('600');
    expect(statSync(`${stateDir}/lock.sock`).isSocket()).toBe(true);
  });

  test('has no name in the abstract namespace, where everybody may connect and listen', async () => {
    const stateDir = stateDirForAll();
    const abstract = () =>
      readFileSync('/proc/net/unix', 'utf8')
        .split('\n')
        .filter((line) => line.includes('@') && line.includes('drainctl') && !line.includes('test-port'));
    const before = abstract().length;

    await heldLock(stateDir);

    expect(abstract()).toHaveLength(before);
  });

  // Only root can become somebody else.
  test.runIf(isRoot)('can neither be blocked nor asked to give way by another user', async () => {
    const stateDir = stateDirForAll();
    const { asked, lock } = await heldLock(stateDir);
    const asNobody = { uid: nobody, gid: nobody, cwd: '/', reject: false } as const;

    const flock = await execa('flock', ['-n', `${stateDir}/lock`, 'true'], asNobody);
    const say = await execa(process.execPath, ['-e', sayGiveWay, `${stateDir}/lock.sock`], asNobody);
    await lock.release();
    const blocker = await execa('flock', ['-n', `${stateDir}/lock`, 'true'], asNobody);

    expect([flock.exitCode, blocker.exitCode]).not.toContain(0);
    expect([say.exitCode, say.stdout]).toEqual([1, 'EACCES']);
    expect(asked).toEqual([]);
    expect(statSync(dirname(stateDir)).mode & 0o005).toBe(0o005);
  });

  test.runIf(isRoot)('can not be asked to give way by another user where everybody may enter state_dir', async () => {
    const dir = temporaryDirectory();
    chmodSync(dir.path, 0o755);
    const umask = process.umask(0);
    onCleanUp(() => {
      process.umask(umask);
    });
    const { asked } = await heldLock(dir.path);

    const say = await execa(process.execPath, ['-e', sayGiveWay, dir.file('lock.sock')], {
      uid: nobody,
      gid: nobody,
      cwd: '/',
      reject: false,
    });

    expect([say.exitCode, say.stdout]).toEqual([1, 'EACCES']);
    expect(asked).toEqual([]);
  });
});

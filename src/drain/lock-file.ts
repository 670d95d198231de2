import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, onDisk } from '../disk.ts';
import { DrainctlError } from '../errors.ts';
import { withTimeout } from '../time.ts';

const limitMs = 5_000;

/** What the holder prints once it has the lock. */
const heldLine = 'held\n';

/** A lock on a file that the kernel frees when its owner dies, however it dies. */
export interface FileLock {
  /** Resolves when the lock is free again. */
  release(): Promise<void>;
}

/**
 * Takes the lock on `state_dir/lock`, or resolves with undefined where another process has it.
 *
 * Node can't lock a file itself, so flock(1) of util-linux or BusyBox holds it for us: it runs a `cat` whose input is
 * a pipe from this process, which ends when this process does. Only who may open the file, root, can take the lock.
 *
 * @throws DrainctlError `JOURNAL_UNWRITABLE` where there can be no lock: a folder that can't be made, no flock(1).
 */
export async function takeFileLock(stateDir: string): Promise<FileLock | undefined> {
  const file = join(stateDir, 'lock');
  const taking = take(stateDir, file);
  try {
    const late = () => new Error(`no answer within ${limitMs / 1_000} s`);
    return await onDisk(limitMs, late, () => taking);
  } catch (error) {
    // Nobody would free a lock that comes after all.
    taking.then(
      (late) => late?.release(),
      () => {},
    );
    const why = error instanceof Error ? error.message : String(error);
    throw new DrainctlError('JOURNAL_UNWRITABLE', `${file} can't be locked: ${why}.`, {
      hint: `Make ${stateDir} writable, with space left, or set state_dir; and install util-linux, which has flock(1). Until then two drainctl could act at once.`,
      details: { file },
      cause: error,
    });
  }
}

async function take(stateDir: string, file: string): Promise<FileLock | undefined> {
  await makeFolder(stateDir);
  await (await open(file, 'a', 0o600)).close();
  // Its own process group: a Ctrl-C at the terminal must not free the lock while we put things back.
  const holder = spawn('flock', ['-n', file, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const ended = once(holder, 'exit');
  ended.catch(() => {});
  const printed = once(holder.stdout, 'data');
  printed.catch(() => {});
  const first = await Promise.race([ended, printed]);
  if (String(first[0]) === heldLine) return { release: () => release(holder, ended) };
  // 1 is "somebody else has it"; any other status, or a signal, is a failure.
  if (first[0] === 1) return undefined;
  throw new Error(`flock(1) ended with status ${String(first[0])}`);
}

async function release(holder: ChildProcess, ended: Promise<unknown>): Promise<void> {
  holder.stdin?.end();
  await withTimeout(
    limitMs,
    undefined,
    () => new Error('flock(1) did not end'),
    () => ended,
  ).catch(() => {
    holder.kill('SIGKILL');
  });
}

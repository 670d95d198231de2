import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { withTimeout } from './time.ts';

const endLimitMs = 5_000;

/** What the holder prints once it has the lock. */
const heldLine = 'held\n';

/** A lock on a file or a folder that the kernel frees when its owner dies, however it dies. */
export interface Flock {
  /** Resolves when the lock is free again. */
  release(): Promise<void>;
}

/**
 * Takes the lock of flock(2) on a file or a folder that is there; undefined where another process has it.
 *
 * Node can't lock a file itself, so flock(1) of util-linux or BusyBox holds it for us: it runs a `cat` whose input is
 * a pipe from this process, which ends when this process does. Rejects with an Error that says why there can be no lock.
 */
export async function tryFlock(path: string): Promise<Flock | undefined> {
  // Its own process group: a Ctrl-C at the terminal must not free the lock while we put things back.
  const holder = spawn('flock', ['-n', path, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
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
  const late = () => new Error('flock(1) did not end');
  await withTimeout(endLimitMs, undefined, late, () => ended).catch(() => {
    holder.kill('SIGKILL');
  });
}

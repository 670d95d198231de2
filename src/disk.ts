import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withTimeout } from './time.ts';

let hangs = false;

/**
 * True once a disk did not answer. A thread of Node's pool then waits in the kernel, and Node, which waits for its
 * threads, can't end by itself any more.
 */
export function diskHangs(): boolean {
  return hangs;
}

/** Runs work on a disk; one that has not answered after `ms` (a network mount whose server has gone) rejects with what `onTimeout` makes. */
export async function onDisk<T>(ms: number, onTimeout: () => Error, work: () => Promise<T>): Promise<T> {
  const late = () => {
    hangs = true;
    return onTimeout();
  };
  return withTimeout(ms, undefined, late, work);
}

/**
 * Makes a folder that only its owner may enter, and those above it, so that they survive a power loss where the folder above
 * may be read. Not by mkdir's own `recursive`, which in Node 20
 * never ends where a folder can't be made although the one above is there (below /proc, say).
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
    await syncFolder(dirname(path)).catch(() => {});
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as: what fs rejects with
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 }).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again;
    });
    await syncFolder(dirname(path)).catch(() => {});
  }
}

/** Has the names in a folder survive a power loss. Rejects with what fs rejects with. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { mkdir } from 'node:fs/promises';
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
 * Makes a folder that only its owner may enter, and those above it. Not by mkdir's own `recursive`, which in Node 20
 * never ends where a folder can't be made although the one above is there (below /proc, say).
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as: what fs rejects with
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 }).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again;
    });
  }
}

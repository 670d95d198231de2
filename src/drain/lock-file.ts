import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, onDisk } from '../disk.ts';
import { DrainctlError } from '../errors.ts';
import { type Flock, tryFlock } from '../flock.ts';

const limitMs = 5_000;

/**
 * Takes the lock on `state_dir/lock`, or resolves with undefined where another process has it. Only who may open the
 * file, root, can take the lock.
 *
 * @throws DrainctlError `JOURNAL_UNWRITABLE` where there can be no lock: a folder that can't be made, no flock(1).
 */
export async function takeFileLock(stateDir: string): Promise<Flock | undefined> {
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

async function take(stateDir: string, file: string): Promise<Flock | undefined> {
  await makeFolder(stateDir);
  await (await open(file, 'a', 0o600)).close();
  return tryFlock(file);
}

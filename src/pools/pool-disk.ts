import pLimit from 'p-limit';
import { onDisk } from '../disk.ts';
import { formatDuration } from '../duration.ts';
import { DrainctlError } from '../errors.ts';
import { abandonable } from '../time.ts';

/**
 * Does work on a disk: `what` names it for messages, such as `look at /srv/health/web_00`. Rejects with a DrainctlError:
 * what `work` threw, where it was one; `POOL_REFUSED` where a person must mend something, `POOL_UNREACHABLE` where the disk
 * does not answer; or with the signal's reason.
 */
export type PoolDisk = <T>(what: string, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/**
 * For pools that are files. One piece of work at a time, and none while one hangs: each that hangs (a network mount whose
 * server has gone) takes one of Node's four threads for files, and the journal needs them too.
 */
export function poolDisk(timeoutMs: number): PoolDisk {
  const inTurn = pLimit(1);
  let isBusy = false;

  async function run<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const late = () => tooLate(what, timeoutMs);
    if (isBusy) throw late();
    isBusy = true;
    const working = work();
    const over = () => {
      isBusy = false;
    };
    working.then(over, over);
    try {
      return await onDisk(timeoutMs, late, () => working);
    } catch (error) {
      throw error instanceof DrainctlError ? error : diskError(what, error);
    }
  }

  return (what, signal, work) =>
    abandonable(
      inTurn(() => run(what, signal, work)),
      signal,
    );
}

const grantIt =
  'Let the user that drainctl runs as write in that folder, or run drainctl as root; "namei -l FILE" shows who may.';

/** What a person must mend, by the code of the kernel's error. errno(3) */
const remedies: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EACCES: ['permission denied', grantIt],
  EPERM: ['the operation is not permitted', grantIt],
  EROFS: ['the disk is read-only', 'Mount it writable.'],
  ENOSPC: ['the disk is full', 'Free some space on it.'],
  EDQUOT: ['the quota of the disk is used up', 'Free some space on it.'],
  ENOENT: ['there is no such file or folder', 'Correct the path in the configuration, or make the folder.'],
  ENOTDIR: ['a part of its path is not a folder', 'Correct the path in the configuration.'],
  EISDIR: ['it is a folder', 'Correct the path in the configuration.'],
  ELOOP: ['its path has too many symbolic links', 'Correct the path in the configuration.'],
  ENAMETOOLONG: ['its path is too long', 'Correct the path in the configuration.'],
};

function diskError(what: string, cause: unknown): DrainctlError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const remedy = remedies[code];
  if (remedy !== undefined) {
    const [reason, hint] = remedy;
    const details = { errno: code };
    return new DrainctlError('POOL_REFUSED', `Could not ${what}: ${reason} (${code}).`, { hint, details, cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DrainctlError('POOL_UNREACHABLE', `Could not ${what}: ${reason}.`, { hint: seeDisk, cause });
}

const seeDisk = 'See whether its disk is there: findmnt --target FILE; dmesg.';

function tooLate(what: string, timeoutMs: number): DrainctlError {
  const message = `Could not ${what}: the disk did not answer within ${formatDuration(timeoutMs)}.`;
  return new DrainctlError('POOL_UNREACHABLE', message, { hint: seeDisk });
}

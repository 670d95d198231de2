import { onDisk } from '../disk.ts';
import { DrainctlError, type ErrorCode, toDrainctlError } from '../errors.ts';

/** A disk that has not answered by then (a network mount whose server has gone) is one that can't be read or written. */
const diskLimitMs = 5_000;

/** Work on a journal's file, with a limit. Rejects with `code` where the disk does not answer. */
export async function inTime<T>(code: ErrorCode, file: string, work: () => Promise<T>): Promise<T> {
  const late = () =>
    new DrainctlError(code, `The disk did not answer for ${file} within ${diskLimitMs / 1_000} s.`, {
      hint: 'See what state_dir is mounted from.',
      details: { file, damaged: false },
    });
  return onDisk(diskLimitMs, late, work);
}

/** Writes a journal's file with {@link inTime}; resolves with why it could not, or undefined. */
export async function failureToWrite(file: string, write: () => Promise<void>): Promise<DrainctlError | undefined> {
  return inTime('JOURNAL_UNWRITABLE', file, write).then(
    () => undefined,
    (error: unknown) => toDrainctlError(error),
  );
}

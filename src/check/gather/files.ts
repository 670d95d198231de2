import { stat } from 'node:fs/promises';
import { onDisk } from '../../disk.ts';
import { DrainctlError } from '../../errors.ts';
import type { FileMode } from '../facts.ts';

const diskLimitMs = 5_000;

/** Runs work on a disk that may hang. */
export function withDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  const late = () =>
    new DrainctlError('INTERNAL', `The disk of ${path} did not answer within ${diskLimitMs / 1_000} s`, {
      hint: 'See whether it is a network mount whose server has gone.',
    });
  return onDisk(diskLimitMs, late, work);
}

/** A file's mode; undefined where there is none, or it may not be looked at. */
export async function modeOf(path: string): Promise<FileMode | undefined> {
  return withDisk(path, async () => {
    try {
      const { mode } = await stat(path);
      return { path, mode: mode & 0o7777 };
    } catch {
      return undefined;
    }
  });
}

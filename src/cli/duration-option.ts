import { parseDuration } from '../duration.ts';
import { DrainctlError } from '../errors.ts';

/** A duration from the command line, in milliseconds. Throws `USAGE`. */
export function readDuration(flag: string, value: unknown): number {
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms !== undefined) return ms;
  throw new DrainctlError('USAGE', `${flag} ${String(value)} is not a duration.`, {
    hint: 'Write 500ms, 30s, 5m or 1m30s.',
  });
}

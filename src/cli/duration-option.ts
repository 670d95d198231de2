import { formatDuration, parseDuration } from '../duration.ts';
import { DrainctlError } from '../errors.ts';

/** A duration from the command line, in milliseconds, of at least `leastMs`. Throws `USAGE`. */
export function readDuration(flag: string, value: unknown, leastMs = 1): number {
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms !== undefined && ms >= leastMs) return ms;
  if (ms !== undefined)
    throw new DrainctlError('USAGE', `${flag} ${String(value)} is too short.`, {
      hint: `Write at least ${formatDuration(leastMs)}.`,
    });
  throw new DrainctlError('USAGE', `${flag} ${String(value)} is not a duration.`, {
    hint: 'Write 500ms, 30s, 5m or 1m30s.',
  });
}

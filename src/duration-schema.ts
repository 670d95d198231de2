import * as z from 'zod';
import { durationPattern, formatDuration, maxDurationMs, parseDuration } from './duration.ts';

const form = 'write a whole number with a unit, such as 500ms, 30s, 1m30s or 2h';

/**
 * A duration in the configuration: text such as `30s` in, milliseconds out. A bare number is refused, because nobody
 * can tell whether it means seconds or milliseconds. Give a default with `.prefault('30s')`.
 */
export const durationSchema = z
  .string({ error: ({ input }) => notText(input) })
  .regex(durationPattern, { error: ({ input }) => `"${String(input)}" is not a duration: ${form}`, abort: true })
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    context.addIssue(`"${text}" is too long: a duration is at most ${formatDuration(maxDurationMs)}`);
    return z.NEVER;
  });

function notText(input: unknown): string {
  if (typeof input !== 'number') return `a duration is expected: ${form}`;
  return `${input} has no unit: write ${input}s for seconds or ${input}ms for milliseconds`;
}

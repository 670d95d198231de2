/**
 * A number that the program keeps in a file, or how many files there are that match a pattern, such as the jobs in a
 * spool. What is missing, too old or half written is unknown.
 *
 * Reference: path_resolution(7), glob(7)
 */
import * as z from 'zod';
import { excerpt } from '../count.ts';
import { onDisk } from '../disk.ts';
import { formatDuration } from '../duration.ts';
import { durationSchema } from '../duration-schema.ts';
import { abandonable } from '../time.ts';
import { probeFailed } from './failure.ts';
import { countFiles } from './file/count-files.ts';
import { readWhole } from './file/read-whole.ts';
import { numberReader, numberRegexSchema } from './number-in-text.ts';
import { defineProbe } from './probe.ts';

const absolutePath = z.string().regex(/^\//, 'write an absolute path');

const options = z
  .object({
    path: absolutePath.optional().describe('The file that holds the number. Either this or `count` is needed.'),
    regex: numberRegexSchema
      .optional()
      .describe(
        'The number is the first group of the first match, lines apart (`m`). Without `regex` the whole file is the number.',
      ),
    count: absolutePath
      .regex(/[^/]$/, 'name files, not a folder: /var/spool/jobs/*')
      .optional()
      .describe('The files to count: a path with `*`, `?` or `[…]` in it, such as `/var/spool/jobs/*.job`.'),
    missing: z
      .literal(0)
      .optional()
      .describe(
        '`0`: with the file missing, or the folder of `count`, nothing is in flight. Without it that is unknown.',
      ),
    max_age: durationSchema.optional().describe('A file that was written longer ago is unknown. Only with `path`.'),
    timeout: durationSchema.prefault('2s').describe('How long the disk may take to answer.'),
  })
  .superRefine(({ path, count, regex, max_age: maxAge }, { addIssue }) => {
    const problem = (key: string, message: string) => addIssue({ code: 'custom', path: [key], message });
    if (path === undefined && count === undefined) problem('path', '`path` or `count` is needed');
    if (path !== undefined && count !== undefined) problem('count', '`path` and `count` exclude each other');
    if (count !== undefined && regex !== undefined) problem('regex', '`count` and `regex` exclude each other');
    if (count !== undefined && maxAge !== undefined) problem('max_age', '`count` and `max_age` exclude each other');
  });

/** See the head of this file. */
export const file = defineProbe({
  name: 'file',
  summary: 'Reads a number from a file, or counts the files that match a pattern.',
  reference: 'https://man7.org/linux/man-pages/man7/glob.7.html',
  options,
  example: `programs:
  web:
    in_flight:
      - { probe: file, path: "/run/web/%(process_name)s.status", regex: '^requests=(\\d+)', max_age: 10s }
  worker:
    in_flight:
      - { probe: file, count: "/var/spool/worker/%(process_name)s/*.job" }
`,
  open({ path, count, regex, missing, max_age: maxAgeMs, timeout: timeoutMs }) {
    const place = path ?? count ?? '';
    const target = `file ${place}`;
    const readNumber = numberReader(regex);
    const fail = (why: string, cause?: unknown) => probeFailed(target, why, `Look at it: ls -l ${place}`, cause);

    async function readCount(signal: AbortSignal): Promise<number> {
      if (path === undefined) return countFiles(place);
      const { text, writtenAtMs } = await readWhole(path, signal);
      const ageMs = Math.floor(Date.now() - writtenAtMs);
      if (maxAgeMs !== undefined && ageMs > maxAgeMs)
        throw new Error(`it was last written ${formatDuration(ageMs)} ago, more than max_age`);
      const number = readNumber(text);
      if (number === undefined) throw new Error(`it has no whole number of 0 or more: ${excerpt(text)}`);
      return number;
    }

    return {
      target,
      async measure(signal) {
        signal.throwIfAborted();
        const late = () => new Error(`the disk did not answer within ${formatDuration(timeoutMs)}`);
        try {
          return await abandonable(
            onDisk(timeoutMs, late, () => readCount(signal)),
            signal,
          );
        } catch (error) {
          signal.throwIfAborted();
          if (missing !== undefined && isMissing(error)) return missing;
          throw fail(whyNot(error), error);
        }
      },
    };
  },
});

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException; // as: what fs rejects with, or an Error without a code
  return code === 'ENOENT' || code === 'ENOTDIR';
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'it does not exist: a folder of its path is a file',
  EACCES: 'it may not be read (permission denied)',
};

function whyNot(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException; // as: what fs rejects with, or an Error without a code
  return reasons[code] ?? message;
}

/**
 * A command that prints how much is in flight, or says with its exit status whether anything is. It is run without a
 * shell. Any other end (another status, a signal, output that is no number, too long) is unknown.
 *
 * A number counts with exit status 0 and 1, because `grep -c` and `pgrep -c` print 0 and exit with 1.
 */
import * as z from 'zod';
import { excerpt, parseCount } from '../count.ts';
import { durationSchema } from '../duration-schema.ts';
import { type CommandResult, runCommand } from '../run-command.ts';
import { commandLine } from '../shell-quote.ts';
import { probeFailed } from './failure.ts';
import { defineProbe } from './probe.ts';

const options = z.object({
  command: z
    .tuple([z.string().min(1, 'name a program')], z.string())
    .describe(
      'The program and its arguments, no shell. It prints a whole number; or nothing, and exits with 0 for idle, 1 for busy.',
    ),
  timeout: durationSchema.prefault('5s').describe('After this long it is killed, with all that it started.'),
  env: z.record(z.string(), z.string()).default({}).describe("Added to drainctl's own environment."),
});

/** See the head of this file. */
export const exec = defineProbe({
  name: 'exec',
  summary: 'Runs a command that says how much the process has in flight.',
  reference: 'https://man7.org/linux/man-pages/man3/execvp.3.html',
  options,
  example: `programs:
  worker:
    in_flight:
      - { probe: exec, command: [/usr/local/bin/jobs-running, "%(process_name)s"] }
`,
  open({ command, timeout: timeoutMs, env }) {
    const target = `exec ${commandLine(command)}`;
    const fail = (why: string, cause?: unknown) =>
      probeFailed(target, why, 'Run it by hand, as the user that drainctl runs as; then: echo $?', cause);
    return {
      target,
      async measure(signal) {
        const result = await runCommand({ command, env, timeoutMs }, signal).catch((error: Error) => {
          signal.throwIfAborted();
          throw fail(error.message, error);
        });
        const count = countOf(result);
        if (count === undefined) throw fail(describeResult(result));
        return count;
      },
    };
  },
});

/** What a command's end means; undefined: unknown. */
export function countOf({ exitCode, stdout }: Pick<CommandResult, 'exitCode' | 'stdout'>): number | undefined {
  if (exitCode !== 0 && exitCode !== 1) return undefined;
  return stdout.trim() === '' ? exitCode : parseCount(stdout);
}

function describeResult({ exitCode, signal, stdout, stderr }: CommandResult): string {
  const ended = exitCode === undefined ? `it was ended by ${signal}` : `it exited with ${exitCode}`;
  return `${ended} and printed ${excerpt(stdout === '' ? stderr : stdout)}`;
}

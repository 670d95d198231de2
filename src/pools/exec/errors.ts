import { excerpt } from '../../count.ts';
import { DrainctlError } from '../../errors.ts';
import type { CommandResult } from '../../run-command.ts';
import { commandLine } from '../../shell-quote.ts';
import type { Task } from './environment.ts';

const byHand = 'Run it by hand, as the user that drainctl runs as; then: echo $?';

const mendIt = 'Correct the path of the program, and see that the user that drainctl runs as may execute it.';

/** It could not be started, took too long, or printed too much. One that took too long may be quicker next time. */
export function notRun(words: readonly string[], task: Task, cause: Error): DrainctlError {
  const code = cause.cause instanceof Error && 'code' in cause.cause ? cause.cause.code : undefined;
  const mustBeMended = code === 'ENOENT' || code === 'EACCES';
  const hint = mustBeMended ? mendIt : `${byHand} The pool's "timeout" says how long is waited.`;
  return failure(words, task, `gave no result: ${cause.message}`, mustBeMended, hint, cause);
}

/**
 * It ended in a way that tells nothing, or that it was not done. That may be different the next time, as where the pool
 * did not answer the command; but not where a shell did not find a program (127), or may not execute it (126).
 */
export function failed(words: readonly string[], task: Task, result: CommandResult): DrainctlError {
  const mustBeMended = result.exitCode === 126 || result.exitCode === 127;
  const how = `${describeResult(result)}, so that ${outcomes[task.action]}`;
  return failure(words, task, how, mustBeMended, mustBeMended ? `${mendIt} ${byHand}` : byHand);
}

const outcomes: Readonly<Record<Task['action'], string>> = {
  depool: 'it may still be in the pool',
  repool: 'it may still be out of the pool',
  state: 'it is not known whether it is out',
};

function failure(
  words: readonly string[],
  { action, member }: Task,
  how: string,
  mustBeMended: boolean,
  hint: string,
  cause?: Error,
): DrainctlError {
  const message = `The ${action} command of ${member}, ${commandLine(words)}, ${how}.`;
  return new DrainctlError(mustBeMended ? 'POOL_REFUSED' : 'POOL_UNREACHABLE', message, {
    hint,
    details: { action, member, command: words },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** How a command ended, and what it printed. */
export function describeResult({ exitCode, signal, stdout, stderr }: CommandResult): string {
  const ended = exitCode === undefined ? `was ended by ${signal}` : `exited with ${exitCode}`;
  return `${ended} and printed ${excerpt(stderr.trim() === '' ? stdout : stderr)}`;
}

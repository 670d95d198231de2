import type { RunAction, RunDocument, RunOptions, RunOutcome } from '../drain/api.ts';
import { DrainctlError, isDrainctlError } from '../errors.ts';
import type { Priority } from '../systemd/priority.ts';
import type { CommandContext } from './command.ts';
import { connect } from './connect.ts';
import { type ExitCode, exitCodeOfRun, exitCodes } from './exit-codes.ts';
import { followRun, LeftRun } from './follow.ts';
import { printJson } from './output.ts';
import { warnIfStale } from './stale-config.ts';
import { printableLines } from './table.ts';

/** Starts a run, shows it, prints its result, and gives the exit status. */
export async function runAction(
  context: CommandContext,
  action: RunAction,
  names: readonly string[],
  options: RunOptions = {},
): Promise<ExitCode> {
  const connection = await connect(context);
  const { api, isSidecar } = connection;
  await warnIfStale(context, connection);
  if (!isSidecar && options.holdForMs !== undefined) {
    context.stderr.write('drainctl: no sidecar runs, so nobody ends the hold by itself; "drainctl pool" does\n');
  }
  const runId = await api.start(action, names, { deadlineMs: context.deadlineMs, ...options });
  try {
    return printResult(context, await followRun(context, api, runId, 'cancel'));
  } catch (error) {
    if (error instanceof LeftRun) return leave(context, isSidecar, runId);
    throw isDrainctlError(error, 'SIDECAR_UNREACHABLE') ? sidecarLost(action, runId, error) : error;
  }
}

const priorityOf = {
  done: 'notice',
  cut: 'warning',
  held: 'warning',
  cancelled: 'warning',
  failed: 'error',
} as const satisfies Record<RunOutcome, Priority>;

/** The result on stdout: one sentence, or the whole document. */
export function printResult(context: CommandContext, result: RunDocument): ExitCode {
  if (context.json) {
    printJson(context.stdout, result);
  } else {
    const priority = priorityOf[result.outcome];
    context.stdout.write(`${printableLines(result.message)}\n`, priority);
    if (result.hint !== '') context.stdout.write(`  ${printableLines(result.hint)}\n`, priority);
  }
  return exitCodeOfRun(result.outcome, result.error_code, result.processes.length > 0);
}

/** A second signal: who waits is gone, and the journal knows what is out. */
export function leave(context: CommandContext, isSidecar: boolean, runId: string): ExitCode {
  context.stderr.write(
    isSidecar
      ? `drainctl: left; run ${runId} goes on in the sidecar. "drainctl status" shows it, "drainctl cancel" ends it.\n`
      : 'drainctl: left in the middle; see "drainctl status". What is still out goes back with "drainctl pool".\n',
  );
  return exitCodes.ended;
}

function sidecarLost(action: RunAction, runId: string, cause: unknown): DrainctlError {
  return new DrainctlError(
    'SIDECAR_LOST',
    `The sidecar went away during run ${runId} (${action}); how far it got is in its journal.`,
    {
      hint: 'When supervisord has started it again, it puts back what runs and is ready. See "drainctl status", then run the command again.',
      details: { run: runId },
      cause,
    },
  );
}

import type { RunOutcome } from '../drain/api.ts';
import type { ErrorCode } from '../errors.ts';

/** Every exit status and what it means; the README's table is checked against it. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  cut: 3,
  ended: 4,
  unreachable: 5,
} as const;

/** One of the documented exit statuses. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const byError: Partial<Record<ErrorCode, ExitCode>> = {
  USAGE: exitCodes.usage,
  CONFIG_UNREADABLE: exitCodes.usage,
  CONFIG_INVALID: exitCodes.usage,
  NO_SUCH_PROCESS: exitCodes.usage,
  SUPERVISOR_CONFIG: exitCodes.usage,
  CANCELLED: exitCodes.ended,
  TOO_FEW_AVAILABLE: exitCodes.ended,
  SUPERVISOR_UNREACHABLE: exitCodes.unreachable,
  SUPERVISOR_UNAUTHORIZED: exitCodes.unreachable,
  SUPERVISOR_SHUTTING_DOWN: exitCodes.unreachable,
};

const byOutcome: Readonly<Record<RunOutcome, ExitCode>> = {
  done: exitCodes.done,
  failed: exitCodes.failed,
  cut: exitCodes.cut,
  held: exitCodes.ended,
  cancelled: exitCodes.ended,
};

/** The exit status for an error; 1 where the table has nothing special. */
export function exitCodeOfError(code: ErrorCode): ExitCode {
  return byError[code] ?? exitCodes.failed;
}

/**
 * The exit status for how a run ended; one that failed because supervisord was gone says so. `touched`: it came to work on
 * processes, so that 2, which says that nothing was touched, would be wrong.
 */
export function exitCodeOfRun(outcome: RunOutcome, errorCode: string, touched: boolean): ExitCode {
  if (outcome !== 'failed') return byOutcome[outcome];
  const code = exitCodeOfError(errorCode as ErrorCode); // as: an unknown code is simply not in the table
  return touched && code === exitCodes.usage ? exitCodes.failed : code;
}

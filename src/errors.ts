/**
 * Every failure that drainctl reports has a permanent code. A code that is no longer used is never used for something
 * else, because scripts match on it. The table in docs/errors.md is checked against this catalogue by a test.
 */
export const errorCatalogue = {
  USAGE: 'The command line is wrong.',
  CONFIG_UNREADABLE: 'The configuration file could not be read.',
  CONFIG_INVALID: 'The configuration file has mistakes; nothing was changed.',
  NO_SUCH_PROCESS: 'supervisord has no process or group of that name.',
  SUPERVISOR_UNREACHABLE: 'supervisord did not answer on its XML-RPC address.',
  SUPERVISOR_UNAUTHORIZED: 'supervisord refused the user name or password.',
  SUPERVISOR_SHUTTING_DOWN: 'supervisord is shutting down or reloading and takes no more calls.',
  SUPERVISOR_FAULT: 'supervisord refused a call.',
  SUPERVISOR_CONFIG: 'The configuration file of supervisord is missing, could not be read, or has mistakes.',
  RPC_PROTOCOL: 'An XML-RPC peer sent something that is not XML-RPC.',
  RPC_FAULT: 'An XML-RPC peer answered with a fault.',
  RPC_TIMEOUT: 'An XML-RPC peer did not answer in time.',
  RPC_UNREACHABLE: 'An XML-RPC peer could not be connected to.',
  RPC_LISTEN_FAILED: 'The XML-RPC server could not listen on its address.',
  POOL_UNREACHABLE: 'A pool did not answer.',
  POOL_REFUSED: 'A pool answered and refused.',
  POOL_MEMBER_MISSING: 'A pool does not know the member.',
  PROBE_FAILED: 'A probe could not tell how much is in flight; unknown is not taken for 0.',
  NOT_READY: 'A process was started but did not become ready in time; it was not put back.',
  START_FAILED: 'supervisord could not start a process.',
  STOP_FAILED: 'supervisord could not stop a process.',
  STEP_FAILED: 'A step before the stop of a process was not done; the process was not stopped.',
  DEADLINE_PASSED: 'A deadline passed before the work in flight was done.',
  TOO_FEW_AVAILABLE: 'Too few others were available; the process was not touched.',
  CANCELLED: 'The run was cancelled.',
  RUN_NOT_FOUND: 'There is no run of that id.',
  RUN_INTERRUPTED: 'The drainctl that did a run was killed, or the machine went down, before the run ended.',
  JOURNAL_UNREADABLE: 'The journal is damaged; it was set aside.',
  JOURNAL_NEWER: 'The journal was written by a newer drainctl and was left alone.',
  JOURNAL_UNWRITABLE: 'The journal could not be written.',
  SIDECAR_UNREACHABLE: 'No sidecar answered.',
  SIDECAR_LOST: 'The sidecar went away during a run.',
  EVENTS_STOPPED: 'supervisord stopped sending events to the listener.',
  SYSTEMD_FAILED: 'A tool of systemd failed.',
  INSTALL_REFUSED: 'An install or uninstall would have gone wrong; nothing was changed.',
  INSTALL_FAILED: 'An install or uninstall failed on the way; what it had changed was put back.',
  TOO_MANY_FILES: 'drainctl may not open as many files as it needs.',
  INTERNAL: 'A bug in drainctl.',
} as const satisfies Record<string, string>;

/** The permanent name of a kind of failure. */
export type ErrorCode = keyof typeof errorCatalogue;

/** What a {@link DrainctlError} says beyond its message. */
export interface ErrorOptions {
  /** What the operator should run or change. */
  readonly hint?: string;
  /** Facts for programs: address, member, line, … JSON values only. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * A failure told to the operator: the message says what failed, on which target and why, and, where state was
 * changed, what state things are in now; the hint says what to do.
 */
export class DrainctlError extends Error {
  override readonly name = 'DrainctlError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? '';
    this.details = options.details ?? {};
  }

  /** Message and hint as running text, for a log line or a step. */
  toText(): string {
    return `${sentence(this.message)} ${this.hint}`.trimEnd();
  }

  /** The form that `--json` prints and that XML-RPC carries. */
  toJSON(): { code: ErrorCode; message: string; hint: string; details: Readonly<Record<string, unknown>> } {
    return { code: this.code, message: this.message, hint: this.hint, details: this.details };
  }
}

/** Text that ends as a sentence does, so that another can follow. Several lines (a place in a file, with its caret) stay as they are. */
export function sentence(text: string): string {
  return text.includes('\n') || /[.!?)]$/.test(text) ? text : `${text}.`;
}

/** True for a {@link DrainctlError}, narrowed to one code where `code` is given. */
export function isDrainctlError(error: unknown, code?: ErrorCode): error is DrainctlError {
  return error instanceof DrainctlError && (code === undefined || error.code === code);
}

/** Any thrown value as a {@link DrainctlError}; what is not one yet is a bug of ours and becomes `INTERNAL`, save `TOO_MANY_FILES`. */
export function toDrainctlError(thrown: unknown): DrainctlError {
  if (thrown instanceof DrainctlError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof Error && 'code' in thrown && (thrown.code === 'EMFILE' || thrown.code === 'ENFILE')) {
    return new DrainctlError('TOO_MANY_FILES', `too many files are open: ${text}`, {
      hint: 'Raise the limit: "ulimit -n", LimitNOFILE= of the unit, or minfds in supervisord\'s configuration. "drainctl status" shows what is out.',
      cause: thrown,
    });
  }
  return new DrainctlError('INTERNAL', `unexpected: ${text}`, {
    hint: 'This is a bug in drainctl; please report it with the log.',
    cause: thrown,
  });
}

import { DrainctlError, sentence } from '../errors.ts';
import { loadExeca } from '../run-command.ts';

/** systemd's tools answer within milliseconds; one that does not asks a manager that hangs. */
const limitMs = 10_000;

/** How a tool of systemd ended. */
export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What to do differently from the usual. */
export interface ToolOptions {
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds; 10,000 where it is not said. */
  readonly limitMs?: number;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a tool of systemd, without a shell, to its end; whatever its exit status is. Its language is C, so that what it
 * prints can be read.
 *
 * @throws DrainctlError `SYSTEMD_FAILED` where it can't be started, a signal ends it or it does not answer in time;
 *   the signal's reason where that is aborted.
 */
export async function runTool(file: string, args: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
  const { signal } = options;
  signal?.throwIfAborted();
  const { execa } = await loadExeca();
  const result = await execa(file, args, {
    reject: false,
    stdin: 'ignore',
    timeout: options.limitMs ?? limitMs,
    // One that hangs in a call to systemd may not heed SIGTERM.
    killSignal: 'SIGKILL',
    env: { LC_ALL: 'C', SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '', ...options.env },
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  const { exitCode, stdout, stderr } = result;
  if (exitCode !== undefined) return { exitCode, stdout, stderr };
  const late = `no answer within ${(options.limitMs ?? limitMs) / 1_000} s`;
  throw systemdFailed([file, ...args], result.timedOut ? late : whyNoStatus(result.signal, result.cause));
}

function whyNoStatus(signal: string | undefined, cause: unknown): string {
  if (signal !== undefined) return `it was ended by ${signal}`;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return 'there is no such program';
  return `it could not be started: ${cause instanceof Error ? cause.message : String(cause)}`;
}

/** The error for a tool of systemd that failed; `why` is mostly what it wrote to stderr. */
export function systemdFailed(command: readonly string[], why: string): DrainctlError {
  const [file = ''] = command;
  return new DrainctlError('SYSTEMD_FAILED', sentence(`"${command.join(' ')}" failed: ${why}`), {
    hint: `Run it by hand. ${file} needs systemd as the init system, and mostly root.`,
    details: { command },
  });
}

import { formatDuration } from './duration.ts';
import { lazy } from './lazy.ts';
import { withTimeout } from './time.ts';

/** A command to run to its end, without a shell. */
export interface Command {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** False: `env` is all that it gets. Default: true. */
  readonly inheritsEnv?: boolean;
  /** Its standard input. Default: none. */
  readonly input?: string | undefined;
  readonly timeoutMs: number;
  /** What it may print at most. Default: 64 KiB. */
  readonly maxOutputBytes?: number | undefined;
}

/** How it ended of itself. */
export interface CommandResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** Which signal, if one did. */
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** By the first command only: a start of drainctl that runs none must not pay for it. */
export const loadExeca = lazy(() => import('execa'));

/** 64 KiB: what is wanted is short, and a message is cut anyway. */
const usualOutputBytes = 64 * 1024;

/**
 * Runs a command and waits until it has ended and its output is closed. Whenever it does not get there, it is killed
 * with the whole process group that it was started in. Rejects with an Error that says why in a few words (it can't be
 * started, it takes too long, it prints too much), or with the signal's reason.
 */
export async function runCommand(
  { command, env, inheritsEnv = true, input, timeoutMs, maxOutputBytes = usualOutputBytes }: Command,
  signal: AbortSignal,
): Promise<CommandResult> {
  const [file = '', ...args] = command;
  const late = () => new Error(`no answer within ${formatDuration(timeoutMs)}, so it was killed`);
  return withTimeout(timeoutMs, signal, late, async (bounded) => {
    const { execa } = await loadExeca();
    bounded.throwIfAborted();
    const child = execa(file, args, {
      ...(env === undefined ? {} : { env }),
      extendEnv: inheritsEnv,
      // A process group of its own, so that what it starts can be killed with it.
      detached: true,
      reject: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      maxBuffer: maxOutputBytes,
    });
    const kill = () => killGroup(child.pid);
    bounded.addEventListener('abort', kill, { once: true });
    try {
      const result = await child;
      if (result.isMaxBuffer) throw new Error(`it printed more than ${maxOutputBytes} bytes`);
      if (result.exitCode === undefined && result.signal === undefined) throw notStarted(result.cause);
      return { exitCode: result.exitCode, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
    } catch (error) {
      kill();
      throw error;
    } finally {
      bounded.removeEventListener('abort', kill);
    }
  });
}

function notStarted(cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return new Error('there is no such program', { cause });
  if (code === 'EACCES') return new Error('it may not be executed (permission denied)', { cause });
  return new Error(`it could not be started: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { onCleanUp } from './cleanup.ts';
import { killMarked, signalProcess } from './marked-processes.ts';
import { markVariable } from './run-id.ts';

/** How a process ended. */
export interface Exit {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How to start a process. */
export interface StartOptions {
  /** The directory that it belongs to; what it starts inherits this mark, and `endMarked` finds it. */
  readonly mark: string;
  readonly cwd?: string;
  /** Added to our own environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How long `close()` waits after SIGTERM before SIGKILL. Default: 5 s. */
  readonly graceMs?: number;
}

/** After a process's end, how long the rest of its output may take. */
const outputGraceMs = 300;

/** A child process in a group of its own, with its output captured. It is ended when the scope ends. */
export class RunningProcess implements AsyncDisposable {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #graceMs: number;
  readonly #forget: () => void;

  constructor(command: string, args: readonly string[], options: StartOptions) {
    this.#graceMs = options.graceMs ?? 5_000;
    this.#child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env, [markVariable]: options.mark },
      // A group of its own: Ctrl-C at the terminal must reach only us, who then end it in order.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
      // An orphan that outlives it may hold its output open for ever, and 'close' would never come.
      this.#child.once('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), outputGraceMs));
    });
    // Whoever needs to know awaits `exited`; a failed spawn must not end the test run on its own.
    this.exited.catch(() => {});
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.pid = this.#child.pid ?? 0;
    this.#forget = onCleanUp(
      () => this.close(),
      () => killMarked(options.mark),
    );
  }

  /** Its standard input; nothing is written to it by the harness. */
  get stdin(): ChildProcess['stdin'] {
    return this.#child.stdin;
  }

  /** True until it has ended. */
  get running(): boolean {
    return this.pid !== 0 && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends a signal to the process alone. */
  kill(signal: NodeJS.Signals): boolean {
    return this.running && signalProcess(this.pid, signal);
  }

  /** Ends the process: SIGTERM, after the grace SIGKILL to it and its group. Resolves when it has ended. */
  async close(): Promise<void> {
    this.#forget();
    if (this.pid === 0) return;
    this.kill('SIGTERM');
    const late = setTimeout(() => signalProcess(-this.pid, 'SIGKILL'), this.#graceMs);
    await this.exited;
    clearTimeout(late);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Starts a process; see {@link RunningProcess}. */
export function startProcess(command: string, args: readonly string[], options: StartOptions): RunningProcess {
  return new RunningProcess(command, args, options);
}

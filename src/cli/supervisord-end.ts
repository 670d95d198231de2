import { DrainctlError, isDrainctlError } from '../errors.ts';
import type { Supervisor, SupervisorState } from '../supervisor/supervisor.ts';
import { Deadline, sleep, withTimeout } from '../time.ts';

const pollMs = 25;
/** One that is busy when it is first asked is given time; later an answer that is late is as good as none. */
const firstAskLimitMs = 10_000;
const askLimitMs = 1_000;

/** One that has not answered for this long, although it takes connections, hangs. */
const hangsAfterMs = 15_000;

/** During a reload supervisord's socket is gone for some milliseconds; more is an end. */
const reloadGapMs = 3_000;

/** What supervisord is doing; `stopping` for a reload too, `gone` when its process has ended. */
export type SupervisordPhase = 'runs' | 'stopping' | 'gone';

/** Watches one supervisord to its end. */
export class SupervisordWatch {
  readonly #supervisor: Supervisor;
  #pid = 0;
  #seen = false;
  #refused: Deadline | undefined;
  #silent: Deadline | undefined;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** 0 where it was never told. */
  get pid(): number {
    return this.#pid;
  }

  /**
   * @throws DrainctlError `SUPERVISOR_UNREACHABLE` and the like, where it can't be reached and was not seen before: then
   *   nobody knows whether it has ended; and where it has hung for a while.
   */
  async phase(): Promise<SupervisordPhase> {
    try {
      const state = await this.#ask();
      return state === 'RUNNING' ? 'runs' : 'stopping';
    } catch (error) {
      if (isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN')) {
        this.#answered();
        return 'stopping';
      }
      if (!this.#seen || this.#hangs(error)) throw error;
      // Its socket closes a little before its process ends, and one that is busy does not answer in time.
      if (this.#processExists() || !isRefused(error)) return 'stopping';
      // A reload closes its socket for a moment too; without a pid to look at only time tells the two apart.
      this.#refused ??= new Deadline(this.#pid === 0 ? reloadGapMs : 0);
      return this.#refused.passed ? 'gone' : 'stopping';
    }
  }

  /** True where another process answers in its place. */
  async isReplaced(): Promise<boolean> {
    try {
      return (await this.#supervisor.getPid(AbortSignal.timeout(askLimitMs))) !== this.#pid;
    } catch {
      return false;
    }
  }

  /** Waits while it is stopping, at most `limitMs`; `onLook` is called at each look that finds it so. */
  async settled(limitMs: number, onLook: () => void = () => {}): Promise<SupervisordPhase> {
    const deadline = new Deadline(limitMs);
    for (;;) {
      const phase = await this.phase();
      if (phase !== 'stopping' || deadline.passed) return phase;
      onLook();
      await sleep(pollMs);
    }
  }

  async #ask(): Promise<SupervisorState> {
    const limitMs = this.#seen ? askLimitMs : firstAskLimitMs;
    const late = () =>
      new DrainctlError(
        'SUPERVISOR_UNREACHABLE',
        `supervisord at ${this.#supervisor.url} did not answer within ${limitMs / 1_000} s.`,
        {
          hint: 'It is busy or hangs: see its log, and what its process is doing.',
        },
      );
    const state = await withTimeout(limitMs, undefined, late, (signal) => this.#supervisor.getState(signal));
    this.#answered();
    if (this.#pid === 0) this.#pid = await this.#supervisor.getPid();
    return state;
  }

  #answered(): void {
    this.#seen = true;
    this.#refused = undefined;
    this.#silent = undefined;
  }

  /** Takes connections, and has answered none of them for a while. */
  #hangs(error: unknown): boolean {
    if (!isDrainctlError(error, 'SUPERVISOR_UNREACHABLE') || isRefused(error)) {
      this.#silent = undefined;
      return false;
    }
    this.#silent ??= new Deadline(hangsAfterMs);
    return this.#silent.passed;
  }

  /** One that was stopping when it was first asked never tells its pid; one behind TCP may be on another host. */
  #processExists(): boolean {
    if (this.#pid === 0 || !this.#supervisor.url.startsWith('unix:')) return false;
    try {
      process.kill(this.#pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM'; // as: what kill() throws
    }
  }
}

/** True where supervisord's socket is not there or refuses; not where it takes connections and does not answer. */
export function isRefused(error: unknown): boolean {
  return isDrainctlError(error, 'SUPERVISOR_UNREACHABLE') && error.details['errno'] !== undefined;
}

import { setMaxListeners } from 'node:events';
import type { Log } from '../log.ts';
import type { ProcessInfo, ProcessName, ProcessState } from '../supervisor/process.ts';
import { isAlive } from '../supervisor/process.ts';
import { abandonable, withTimeout } from '../time.ts';
import type { ProcessProgress, RunDocument } from './api.ts';
import { DepoolBeside } from './depool-beside.ts';
import { type Loss, sayBypass } from './loss.ts';
import type { Run } from './run.ts';
import type { Snapshot } from './snapshot.ts';
import type { Workshops } from './workshops.ts';

const askLimitMs = 5_000;

/** A gate that waits must open. */
const recordLimitMs = 2_000;

/** What {@link Losses} asks of the engine. */
export interface LossSurroundings {
  /** The runs that are under way, those beside the queue too. */
  readonly runs: () => readonly Run[];
  /** Something was taken out, or could not be. */
  readonly onEnded: (result: RunDocument) => void;
}

interface Deferred {
  readonly run: Run;
  readonly loss: Loss;
  /** True where the run had seen that the process is ready, and went on to put it back. */
  readonly goesBack: boolean;
}

/** Damage control: hears of processes that went without a run of ours, and has them taken out. */
export class Losses {
  readonly #shops: Workshops;
  readonly #log: Log;
  readonly #surroundings: LossSurroundings;
  readonly #beside: DepoolBeside;
  readonly #ending = new AbortController();
  /** Those that a run has among its own: they are looked at when it has ended. */
  readonly #deferred = new Map<ProcessName, Deferred>();

  constructor(shops: Workshops, log: Log, surroundings: LossSurroundings) {
    this.#shops = shops;
    this.#log = log;
    this.#surroundings = surroundings;
    this.#beside = new DepoolBeside(shops, log, surroundings.onEnded);
    setMaxListeners(0, this.#ending.signal);
  }

  /**
   * Has the process taken out at once, whatever run is under way. Not where that stop was ours; and where a run is at work
   * on this very process, that run handles it.
   */
  report(loss: Loss): void {
    if (loss.kind === 'bypassed' && this.#shops.current.ownStops.has(loss.process, loss.pid)) return;
    const { run, progress } = this.#runWith(loss.process);
    // Also where the run has done with it: it may be putting it back at this moment, to undo what it did.
    if (run !== undefined) this.#defer({ run, loss, goesBack: progress?.phase === 'repool' });
    if (progress === undefined || !isBegun(progress.phase) || progress.outcome !== '') this.#beside.add(loss);
    else if (loss.kind === 'bypassed' && progress.phase !== 'stop')
      this.#log.warn(sayBypass([loss.process], this.#shops.current.config.sidecar.socket));
  }

  /** True while the process is being taken out. */
  isGoing(process: ProcessName): boolean {
    return this.#beside.isTakingOut(process);
  }

  /** The run that has the process among its own. */
  #runWith(process: ProcessName): { readonly run?: Run; readonly progress?: ProcessProgress } {
    for (const run of this.#surroundings.runs()) {
      const progress = run.progress().find(({ name }) => name === process);
      if (progress !== undefined) return { run, progress };
    }
    return {};
  }

  /** Reports what went between two snapshots, for when there was no event of it. */
  compare(before: Snapshot, after: Snapshot): void {
    const states = new Map(after.infos.map((info) => [info.fullName, info]));
    for (const { fullName, pid, state } of before.infos) {
      const now = states.get(fullName);
      if (isAlive(state) && state !== 'STOPPING' && now !== undefined) this.#reportState(now, pid);
    }
  }

  #reportState({ fullName, state }: ProcessInfo, pid: number): void {
    if (state === 'STOPPING' || state === 'STOPPED') this.report(stoppedPast(fullName, pid));
    else if (isEnd(state)) this.report(crashed(fullName, state, pid, undefined));
  }

  /** Resolves when nothing is being taken out, or as soon as `signal` is aborted. */
  async idle(signal: AbortSignal = this.#ending.signal): Promise<void> {
    await abandonable(this.#beside.idle(), signal).catch(() => {});
  }

  /** As {@link idle}, and the journal has it all; another drainctl that has the lock is waited for only briefly. */
  async settled(): Promise<void> {
    await this.idle();
    await this.#beside.recorded(recordLimitMs);
  }

  /** Gives up what still waits. */
  end(): void {
    this.#ending.abort(new Error('drainctl ends'));
    this.#beside.end();
  }

  #defer(deferred: Deferred): void {
    const { run, loss } = deferred;
    const isAwaited = this.#deferred.get(loss.process)?.run === run;
    // The latest counts.
    this.#deferred.set(loss.process, deferred);
    if (isAwaited) return;
    this.#lookAfter(run, loss.process).catch(() => {
      // drainctl ends.
    });
  }

  /** The run may have put it back in the very moment that it went. */
  async #lookAfter(run: Run, process: ProcessName): Promise<void> {
    await run.ended(this.#ending.signal);
    const deferred = this.#deferred.get(process);
    if (deferred?.run !== run) return;
    this.#deferred.delete(process);
    const { loss, goesBack } = deferred;
    const info = await this.#ask(process);
    if (info === undefined) this.#beside.add(loss);
    // One that was started anew meanwhile is not the one that was ready.
    else if (info.state !== 'RUNNING' || (goesBack && loss.pid !== undefined && info.pid !== loss.pid))
      this.#beside.add({ ...loss, pid: undefined });
  }

  async #ask(process: ProcessName): Promise<ProcessInfo | undefined> {
    const ask = (signal: AbortSignal) => this.#shops.current.world.supervisor.getProcessInfo(process, signal);
    const late = () => new Error('supervisord did not answer');
    return withTimeout(askLimitMs, this.#ending.signal, late, ask).catch(() => undefined);
  }
}

/** One that waits for capacity is in its pools still. */
function isBegun(phase: ProcessProgress['phase']): boolean {
  return phase !== '' && phase !== 'acquire';
}

/** A stop that no run of ours has asked for. */
export function stoppedPast(process: ProcessName, pid: number | undefined): Loss {
  return { kind: 'bypassed', process, pid, reason: 'stopped past drainctl', isTrouble: false };
}

/** The states that a process ends in by itself. BACKOFF is between two attempts to start it. */
export type EndState = 'EXITED' | 'BACKOFF' | 'FATAL';

/** True for an {@link EndState}. */
export function isEnd(state: ProcessState): state is EndState {
  return state === 'EXITED' || state === 'BACKOFF' || state === 'FATAL';
}

const reasons: Readonly<Record<EndState, string>> = {
  EXITED: 'crashed',
  BACKOFF: 'ended right after its start',
  FATAL: 'could not be started',
};

/** An end by itself. `expected`: whether supervisord expected that exit status; undefined: not known. */
export function crashed(
  process: ProcessName,
  state: EndState,
  pid: number | undefined,
  expected: boolean | undefined,
): Loss {
  const isOrderly = state === 'EXITED' && expected === true;
  const reason = isOrderly ? 'exited' : reasons[state];
  return { kind: 'crashed', process, pid, reason, isTrouble: !isOrderly };
}

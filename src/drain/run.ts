import { randomBytes } from 'node:crypto';
import { EventEmitter, once, setMaxListeners } from 'node:events';
import { DrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { Deadline, monotonicMs } from '../time.ts';
import type {
  EndReason,
  Phase,
  ProcessProgress,
  RunAction,
  RunDocument,
  RunOptions,
  Step,
  StepKind,
  WaitDocument,
} from './api.ts';
import { mayBeEnded, undoes } from './policy.ts';

/** What a step says; the rest is filled in. */
export interface StepText {
  readonly kind: StepKind;
  readonly message: string;
  readonly process?: string;
  readonly phase?: Phase;
  readonly inFlight?: number | undefined;
}

/** Why a run was ended, in words. */
export const endTexts: Readonly<Record<EndReason, string>> = {
  cancelled: 'it was cancelled',
  superseded: 'another run took over from it, and goes on where it was',
  'supervisord gone': 'supervisord has gone; what is out goes back when it runs again',
};

/** Thrown into a run that is ended from outside. */
export class RunEnded extends DrainctlError {
  readonly reason: EndReason;

  constructor(reason: EndReason) {
    super('CANCELLED', `The run was ended: ${endTexts[reason]}.`);
    this.reason = reason;
  }
}

/** One operation from its request to its result: the steps it took, and who waits for them. */
export class Run {
  readonly id = newRunId();
  readonly action: RunAction;
  readonly names: readonly string[];
  readonly options: RunOptions;
  readonly startedAt = new Date();
  readonly #startedAtMs = monotonicMs();
  /** Tells where each process stands, for those who watch. */
  progress: () => readonly ProcessProgress[] = () => [];
  readonly #log: Log;
  readonly #steps: Step[] = [];
  readonly #saidOnce = new Set<string>();
  readonly #abort = new AbortController();
  readonly #handOver = new AbortController();
  #result: RunDocument | undefined;
  #isFollowed = false;
  #isTaken = false;
  readonly #news = new EventEmitter().setMaxListeners(0);

  constructor(action: RunAction, names: readonly string[], options: RunOptions, log: Log) {
    this.action = action;
    this.names = names;
    this.options = options;
    this.#log = log;
    // Every process of the run listens to these.
    setMaxListeners(0, this.#abort.signal, this.#handOver.signal);
  }

  /** Aborted, with a {@link RunEnded}, when the run is to end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Aborted only when somebody else goes on where this run is: then even a restart that has stopped its process is not finished. */
  get handOverSignal(): AbortSignal {
    return this.#handOver.signal;
  }

  /** True once somebody has waited for it. */
  get isFollowed(): boolean {
    return this.#isFollowed;
  }

  get result(): RunDocument | undefined {
    return this.#result;
  }

  /** Such as `restart web:*`. */
  get title(): string {
    return this.names.length === 0 ? this.action : `${this.action} ${this.names.join(' ')}`;
  }

  /** The time of day as the start's clock would show it: one that is set meanwhile makes the run neither longer nor shorter. */
  get now(): Date {
    return new Date(this.startedAt.getTime() + Math.round(monotonicMs() - this.#startedAtMs));
  }

  /** Adds a step: to the log, and to those who wait. */
  say(text: StepText): void {
    const { kind, message, process = '', phase = '', inFlight } = text;
    const step: Step = {
      seq: this.#steps.length + 1,
      at: new Date().toISOString(),
      process,
      phase,
      kind,
      in_flight: inFlight ?? -1,
      message,
    };
    this.#steps.push(step);
    const fields = { run: this.id, action: this.action, ...(process === '' ? {} : { process, phase }) };
    this.#log[logLevelOf[kind]](message, fields);
    this.#wake();
  }

  /** As {@link say}, but the same message only the first time. */
  sayOnce(text: StepText): void {
    if (this.#saidOnce.has(text.message)) return;
    this.#saidOnce.add(text.message);
    this.say(text);
  }

  /** Ends the run from outside; the first reason counts. False where this run may not be ended. */
  end(reason: EndReason): boolean {
    if (!mayBeEnded(this.action, reason)) return false;
    const ended = new RunEnded(reason);
    this.#abort.abort(ended);
    if (!undoes(reason)) this.#handOver.abort(ended);
    return true;
  }

  /** The run is over. */
  finish(result: RunDocument): void {
    this.#result ??= result;
    this.#wake();
  }

  /** Resolves as soon as there are steps after `since`, the run has ended, or after `timeoutMs`. */
  async wait(since: number, timeoutMs: number): Promise<WaitDocument> {
    this.#isFollowed = true;
    if (this.#steps.length <= since && this.#result === undefined) {
      await once(this.#news, 'news', { signal: AbortSignal.timeout(Math.ceil(timeoutMs)) }).catch(() => {});
    }
    return {
      run: this.id,
      ended: this.#result !== undefined,
      steps: this.#steps.slice(since),
      processes: this.progress(),
      result: this.#takeResult(),
    };
  }

  #takeResult(): readonly RunDocument[] {
    if (this.#result === undefined) return [];
    this.#isTaken = true;
    this.#wake();
    return [this.#result];
  }

  /** Resolves when those who follow the run have its result, or after `limitMs`: a follower may have gone. */
  async taken(limitMs: number): Promise<void> {
    const deadline = new Deadline(limitMs);
    while (this.#isFollowed && !this.#isTaken && !deadline.passed) {
      const signal = AbortSignal.timeout(Math.ceil(deadline.remainingMs));
      await once(this.#news, 'news', { signal }).catch(() => {});
    }
  }

  /** Resolves with the result when the run has ended; rejects when `signal` is aborted first. */
  async ended(signal: AbortSignal): Promise<RunDocument> {
    while (this.#result === undefined) await once(this.#news, 'news', { signal });
    return this.#result;
  }

  #wake(): void {
    this.#news.emit('news');
  }
}

const logLevelOf = { info: 'info', progress: 'info', warning: 'warn', error: 'error' } as const satisfies Record<
  StepKind,
  keyof Log
>;

/** Sorts by time, and is unique among all hosts and processes that share a history. */
function newRunId(): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+Z/g, '');
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}

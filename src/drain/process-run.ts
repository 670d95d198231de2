import type { DrainctlError } from '../errors.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { Deadline, monotonicMs } from '../time.ts';
import type { Phase, ProcessOutcome, ProcessProgress, ProcessReport, RunAction, StepKind } from './api.ts';
import type { Sample } from './drained.ts';
import type { Journal } from './journal.ts';
import type { OwnStops } from './own-stops.ts';
import type { FindAddress } from './put-back.ts';
import type { Run } from './run.ts';
import type { RunCapacity } from './run-capacity.ts';
import { isCounted, type Target } from './target.ts';
import type { Ticker } from './ticker.ts';
import type { Fate } from './world.ts';

/** What the phases of all processes in a run share. */
export interface RunContext {
  readonly run: Run;
  readonly supervisor: Supervisor;
  readonly journal: Journal;
  readonly ownStops: OwnStops;
  readonly ticker: Ticker;
  readonly capacity: RunCapacity;
  readonly findAddress: FindAddress;
  /** Runs one stop at a time. */
  readonly inStopTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** What became of the process that had this pid. */
  readonly fateOf: (target: Target, pid: number, signal: AbortSignal) => Promise<Fate>;
}

/** What a plan says of a process is taken to be true for so long. */
const planIsFreshMs = 1_000;

/** The deadline of a process is for these. */
const deadlinePhases: readonly Phase[] = ['depool', 'settle', 'drain'];

/** One process on its way through a run. The phases read and write it; the report comes out of it. */
export class ProcessRun {
  readonly target: Target;
  readonly context: RunContext;
  /** From {@link begin}, until it is drained. */
  deadline: Deadline;
  phase: Phase | '' = '';
  /** Which part of the phase, where it has parts. */
  doing = '';
  outcome: ProcessOutcome | undefined;
  /** The latest look at its work in flight. */
  latest: Sample | undefined;
  /** Set once the deadline has passed and the policy is to go on: what is in flight will be cut. */
  mayCut = false;
  /** True from the moment that its stop was asked for. */
  stopAsked = false;
  /** The process that is being drained; another one in its place has work of its own. */
  pid: number;
  /** True once any work of this very process was seen in flight. */
  sawWork = false;
  /** True where it ended by itself before it was drained. */
  died = false;
  /** True where it did not heed its stop signal, so that supervisord killed it. */
  killed = false;
  /** True once a step before its stop was begun: it may not be what it was. */
  stepsBegan = false;
  /** When it was taken out, on the monotonic clock; undefined: it is not out. */
  outSinceMs: number | undefined;
  cut = 0;
  inFlightAtStop: number | undefined;
  readonly #ending: AbortSignal;
  #keeping: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  #error: DrainctlError | undefined;
  #message = '';
  #phaseStartedAtMs = 0;
  readonly #told = new Set<string>();
  readonly #plannedAtMs = monotonicMs();
  readonly #phases: { phase: Phase; ms: number }[] = [];

  constructor(target: Target, context: RunContext, deadlineMs: number, signal: AbortSignal) {
    this.target = target;
    this.pid = target.info.pid;
    this.context = context;
    this.#ending = signal;
    this.deadline = new Deadline(deadlineMs);
  }

  /** Its turn has come: the deadline runs from now. Its pid may be another than when the plan was made. */
  async begin(): Promise<void> {
    this.restartDeadline();
    await this.refreshPid();
  }

  /** The deadline runs from now. */
  restartDeadline(): void {
    this.deadline = new Deadline(this.deadline.ms);
  }

  /** Does what is not part of the drain: the deadline is put off by as long as that takes. */
  async besideDeadline<T>(work: () => Promise<T>): Promise<T> {
    const startedAtMs = monotonicMs();
    try {
      return await work();
    } finally {
      this.deadline = this.deadline.laterBy(monotonicMs() - startedAtMs);
    }
  }

  /** Sees which process it is by now, where the plan is not of this moment. */
  async refreshPid(): Promise<void> {
    if (monotonicMs() - this.#plannedAtMs > planIsFreshMs) this.pid = (await this.fate()).pid || this.pid;
  }

  /** What became of the process that is being drained. */
  async fate(): Promise<Fate> {
    return this.context.fateOf(this.target, this.pid, this.signal);
  }

  /** True the first time for each subject. */
  isNews(subject: string): boolean {
    const isNew = !this.#told.has(subject);
    this.#told.add(subject);
    return isNew;
  }

  /** Back to draining: what was idle is busy again. */
  reopen(): void {
    this.outcome = undefined;
  }

  /**
   * Ends the work on this process. Once its stop was asked for there is no way back: then a cancelled restart is
   * finished, and only somebody who takes over from the run ends it.
   */
  get signal(): AbortSignal {
    return this.stopAsked ? this.context.run.handOverSignal : this.#ending;
  }

  get name(): string {
    return this.target.info.fullName;
  }

  get action(): RunAction {
    return this.context.run.action;
  }

  /** True while it is out of its pools by this run's hand. */
  get isOut(): boolean {
    return this.outSinceMs !== undefined;
  }

  get outForMs(): number {
    return this.outSinceMs === undefined ? 0 : monotonicMs() - this.outSinceMs;
  }

  /** Tells the operator; `message` goes on after the process's name. */
  say(kind: StepKind, message: string): void {
    this.sayWhole(kind, `${this.name} ${message}`);
  }

  /** Tells the operator in a whole sentence. */
  sayWhole(kind: StepKind, message: string): void {
    this.context.run.say({
      kind,
      message,
      process: this.name,
      inFlight: this.latest?.inFlight,
      ...(this.phase === '' ? {} : { phase: this.phase }),
    });
  }

  /** Runs one check that it is still out; at most one at a time. */
  async keep(signal: AbortSignal, check: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const abort = new AbortController();
    const end = () => abort.abort(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    const done = check(abort.signal).finally(() => signal.removeEventListener('abort', end));
    this.#keeping = { abort, done };
    await done.catch((error: unknown) => {
      if (!abort.signal.aborted) throw error;
    });
  }

  /** It is not to be kept out any more. Resolves when nobody is about to take it out again. */
  async endKeeping(): Promise<void> {
    this.outSinceMs = undefined;
    this.#keeping?.abort.abort();
    await this.#keeping?.done.catch(() => {});
  }

  /** Runs a phase and keeps how long it took. */
  async timed<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const startedAtMs = monotonicMs();
    this.#phaseStartedAtMs = startedAtMs;
    this.phase = phase;
    try {
      return await work();
    } finally {
      this.#phases.push({ phase, ms: Math.round(monotonicMs() - startedAtMs) });
    }
  }

  /** How it ended; the first cause counts. `message` says what state it was left in; what was noted before comes after it. */
  end(outcome: ProcessOutcome, message: string, error?: DrainctlError): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.#message = [message, this.#message].filter((text) => text !== '').join(' ');
    this.#error = error;
  }

  /** Adds to what the report says of the process: what befell it, what state it was left in. */
  addMessage(message: string): void {
    this.#message = this.#message === '' ? message : `${this.#message} ${message}`;
  }

  progress(): ProcessProgress {
    const { elapsedMs, limitMs } = this.#elapsed();
    return {
      name: this.name,
      phase: this.phase,
      doing: this.doing,
      in_flight: this.latest?.inFlight ?? -1,
      elapsed_ms: Math.round(elapsedMs),
      deadline_ms: Number.isFinite(limitMs) ? Math.round(limitMs) : -1,
      outcome: this.outcome ?? '',
    };
  }

  /** Until it is drained its deadline runs; the phases after that count for themselves. */
  #elapsed(): { readonly elapsedMs: number; readonly limitMs: number } {
    if (this.phase === '') return { elapsedMs: 0, limitMs: this.deadline.ms };
    if (deadlinePhases.includes(this.phase)) {
      return { elapsedMs: this.deadline.elapsedMs, limitMs: this.deadline.ms };
    }
    return { elapsedMs: monotonicMs() - this.#phaseStartedAtMs, limitMs: Number.POSITIVE_INFINITY };
  }

  report(): ProcessReport {
    return {
      name: this.name,
      outcome: this.outcome ?? 'untouched',
      counted: isCounted(this.target),
      cut: this.cut,
      in_flight_at_stop: this.inFlightAtStop ?? -1,
      phases: this.#phases,
      message: this.#message,
      error_code: this.#error?.code ?? '',
      hint: this.#error?.hint ?? '',
    };
  }
}

/** A phase of a process: it resolves when it is done, or rejects and thereby ends the process's way through the run. */
export type PhaseWork = (process: ProcessRun) => Promise<void>;

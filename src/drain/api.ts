import type { StatusDocument } from './api-status.ts';

/**
 * What the engine offers, to the sidecar's XML-RPC and to the command line alike. The documents are the ones that
 * `--json` prints and that XML-RPC carries, so they hold only what XML-RPC has: an unknown count is -1, an absent
 * text is "", times are ISO 8601 in UTC, durations whole milliseconds.
 */

export type { DriftKind, DriftStatus, MemberStatus, ProcessStatus, StatusDocument } from './api-status.ts';

/**
 * What a run does to its processes. `pool` ends holds. Nobody asks for these over the API: `gate` drains for a
 * supervisord that is stopping by itself, or does not answer; `recover` puts back what an earlier run left out; `depool`
 * takes out what has died, at once.
 */
export const runActions = [
  'drain',
  'stop',
  'start',
  'restart',
  'shutdown',
  'pool',
  'gate',
  'recover',
  'depool',
] as const;
export type RunAction = (typeof runActions)[number];

/** What a run is for, where that is known: why systemd stops supervisord, or what happened to it. */
export const occasions = ['service stop', 'service restart', 'system shutdown', 'supervisord crashed'] as const;
export type Occasion = (typeof occasions)[number];

/** One part of what happens to a process in a run. */
export const phases = [
  'acquire',
  'depool',
  'settle',
  'before_stop',
  'drain',
  'after_drain',
  'stop',
  'start',
  'ready',
  'repool',
  'hold',
  'release',
] as const;
export type Phase = (typeof phases)[number];

/** How a run changes what the configuration says. */
export interface RunOptions {
  /** Instead of each process's own deadline. */
  readonly deadlineMs?: number | undefined;
  /** Why, for a hold; shown by status. */
  readonly reason?: string | undefined;
  /** A hold ends by itself after this long. */
  readonly holdForMs?: number | undefined;
  /** Leave supervisord itself running after a shutdown run. */
  readonly keepSupervisord?: boolean | undefined;
  /** Have supervisord restart after a shutdown run, instead of ending. */
  readonly restartSupervisord?: boolean | undefined;
  readonly occasion?: Occasion | undefined;
  /** For `pool`: what supervisord no longer has is left where it is, and forgotten. */
  readonly forget?: boolean | undefined;
  /** For a gate that nobody waits for without end: it keeps to the deadlines, whatever `on_deadline` says. */
  readonly keepsDeadlines?: boolean | undefined;
  /** Take out whatever is left: don't ask for `min_available`. For `pool`: put back also what is out without an entry. */
  readonly force?: boolean | undefined;
}

/** `failed`: something could not be done; `cut`: a deadline passed and work was cut off. */
export type RunOutcome = 'done' | 'cut' | 'held' | 'cancelled' | 'failed';

/** `skipped`: there was nothing to do. `untouched`: the run ended before its turn. */
export type ProcessOutcome = RunOutcome | 'skipped' | 'untouched';

/** Why a run was ended from outside. `superseded`: a shutdown or the gate goes on where it was. */
export type EndReason = 'cancelled' | 'superseded' | 'supervisord gone';

export type StepKind = 'info' | 'progress' | 'warning' | 'error';

/** Something that happened in a run, in words. `process` is "" for the run as a whole. */
export type Step = {
  readonly seq: number;
  readonly at: string;
  readonly process: string;
  readonly phase: Phase | '';
  readonly kind: StepKind;
  readonly in_flight: number;
  readonly message: string;
};

/** Where a process stands in a run that is under way. */
export type ProcessProgress = {
  readonly name: string;
  readonly phase: Phase | '';
  /** Which part of the phase: `2 of 3: exec /usr/bin/hush` of its steps; "": it has no parts. */
  readonly doing: string;
  readonly in_flight: number;
  /** Until it is drained: since it was its turn; later: in this phase. */
  readonly elapsed_ms: number;
  /** Until it is drained: its deadline; -1: none. */
  readonly deadline_ms: number;
  readonly outcome: ProcessOutcome | '';
};

/** What a run did to one process. */
export type ProcessReport = {
  readonly name: string;
  readonly outcome: ProcessOutcome;
  /** False where nothing in the configuration can count its work, so that nobody knows what was cut off. */
  readonly counted: boolean;
  /** How much work was cut off; -1: unknown. */
  readonly cut: number;
  /** What was in flight when it was stopped; -1: unknown, or it was not stopped. */
  readonly in_flight_at_stop: number;
  readonly phases: readonly { readonly phase: Phase; readonly ms: number }[];
  /** What state it was left in, and why. */
  readonly message: string;
  readonly error_code: string;
  readonly hint: string;
};

/** A run that has ended, as the history keeps it. */
export type RunDocument = {
  readonly id: string;
  readonly action: RunAction;
  readonly names: readonly string[];
  /** "" where it is not known, or there is none. */
  readonly occasion: Occasion | '';
  readonly started_at: string;
  readonly ended_at: string;
  readonly outcome: RunOutcome;
  /** Sum over the processes; -1 where one is unknown. */
  readonly cut: number;
  readonly message: string;
  readonly error_code: string;
  readonly hint: string;
  /** True where supervisord itself is told to shut down at the end. */
  readonly ends_supervisord: boolean;
  readonly processes: readonly ProcessReport[];
};

/** The answer to {@link DrainApi.wait}: the steps after `since`, where each process stands, and, once ended, the result. */
export type WaitDocument = {
  readonly run: string;
  readonly ended: boolean;
  readonly steps: readonly Step[];
  readonly processes: readonly ProcessProgress[];
  /** Empty until the run has ended. */
  readonly result: readonly RunDocument[];
};

/** One process in a plan. */
export type PlannedProcess = {
  readonly name: string;
  readonly state: string;
  readonly members: readonly string[];
  /** What measures its work: pools or probes; empty where nothing does. */
  readonly in_flight_by: readonly string[];
  /** What is done before it is stopped, in order: `before_stop: exec …`; empty for an action that does not stop it. */
  readonly steps: readonly string[];
  readonly deadline_ms: number;
  readonly on_deadline: string;
  /** Where `min_available` is set: for each address, how many others are available now, and how many must be. */
  readonly capacity: readonly string[];
  /** The longest wait for them; 0 where it does not wait. */
  readonly capacity_wait_ms: number;
  readonly worst_case_ms: number;
};

/** Processes that are worked on side by side, at most `at_a_time` of them. */
export type PlannedStep = {
  readonly title: string;
  readonly at_a_time: number;
  readonly worst_case_ms: number;
  readonly processes: readonly PlannedProcess[];
};

export type PlanDocument = {
  readonly action: RunAction;
  readonly worst_case_ms: number;
  readonly steps: readonly PlannedStep[];
};

/** `config` is the file that was read, for the last time at `config_loaded_at`; "" where there was none. */
export type VersionDocument = {
  readonly version: string;
  readonly pid: number;
  readonly config: string;
  readonly started_at: string;
  readonly config_loaded_at: string;
};

/** Everything that can be asked of the engine. Every method rejects with a DrainctlError. */
export interface DrainApi {
  getVersion(): Promise<VersionDocument>;
  getStatus(): Promise<StatusDocument>;
  getPlan(action: RunAction, names: readonly string[], options: RunOptions): Promise<PlanDocument>;
  /** The latest runs first. */
  getHistory(limit: number): Promise<readonly RunDocument[]>;
  /** Starts a run and gives its id. A run waits for the one before it; `shutdown` takes over from it. */
  start(action: RunAction, names: readonly string[], options: RunOptions): Promise<string>;
  /** Resolves as soon as there are steps after `since` (0 for all), the run has ended, or after `timeoutMs`. */
  wait(runId: string, since: number, timeoutMs: number): Promise<WaitDocument>;
  /** Ends a run ("" for the current one); it puts back what it took out. False where there was nothing to end. */
  cancel(runId: string): Promise<boolean>;
}

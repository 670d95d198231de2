import type * as z from 'zod';

/** When a step is done: before the wait until nothing is in flight, or after it; both before the process is stopped. */
export type StepMoment = 'before_stop' | 'after_drain';

/** The process that a step is done for, and why. */
export interface StepOccasion {
  /** `group:name`, as supervisord names it. */
  readonly process: string;
  /** Its pid as last seen; 0 where that is not known. */
  readonly pid: number;
  readonly moment: StepMoment;
  /** The run's action: `stop`, `restart`, `shutdown` or `gate`. */
  readonly action: string;
  /** True once that very process has ended. */
  hasEnded(signal: AbortSignal): Promise<boolean>;
}

/** Something that is done to a process, or for it, before it is stopped. */
export interface Step {
  /** What it does, for messages: `exec prosodyctl shell c2s:closeall()`. */
  readonly target: string;
  /** How long it takes at the most, in milliseconds. */
  readonly longestMs: number;
  /**
   * Resolves when it is done. Rejects with a DrainctlError `STEP_FAILED` otherwise, at the latest after
   * {@link longestMs}, or with the reason of `signal`.
   */
  perform(occasion: StepOccasion, signal: AbortSignal): Promise<void>;
}

/** What a step may use beside its own connections. */
export interface StepServices {
  /** Sends a signal to a process through supervisord. Rejects with a DrainctlError; a process that does not run is no error. */
  signalProcess(process: string, signalName: string, signal: AbortSignal): Promise<void>;
}

/** What a step's file declares; see {@link defineStep}. */
export interface StepDriver<Options extends z.ZodObject = z.ZodObject> {
  /** The name in YAML (`step: exec`), and the file's name. */
  readonly name: string;
  readonly summary: string;
  readonly reference: string;
  /** Keys beside `step` and `on_failure`; every key has a `.describe()`. Strings are already expanded when they get here. */
  readonly options: Options;
  /** A complete configuration (`programs:`) that a test loads. */
  readonly example: string;
  open(options: z.output<Options>, services: StepServices): Step;
}

/** Declares a step; it only carries the types. */
export function defineStep<Options extends z.ZodObject>(driver: StepDriver<Options>): StepDriver<Options> {
  return driver;
}

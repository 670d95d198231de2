import type * as z from 'zod';

/** Measures how much one process has in flight. */
export interface Probe {
  /** What it asks, for messages: `http http://127.0.0.1:8100/load`. */
  readonly target: string;
  /**
   * A whole number of 0 or more. Rejects with a DrainctlError `PROBE_FAILED` for anything else (no answer, a bad
   * status, no number, a negative one, NaN): unknown is never taken for 0. Stops when `signal` is aborted.
   */
  measure(signal: AbortSignal): Promise<number>;
}

/** The process that a probe measures. What is known of it changes while it lives, so it is asked for each time. */
export interface ProbeSubject {
  /** `group:name`, as supervisord names it. */
  readonly name: string;
  /** Its pid as last seen; undefined where it does not run. */
  pid(): number | undefined;
  /**
   * What it last printed between supervisord's communication marks; undefined where nothing was heard since its start,
   * or nobody listens (a drainctl without sidecar). http://supervisord.org/events.html#process-communication-event-type
   */
  lastCommunication(): string | undefined;
}

/** What a probe's file declares; see {@link defineProbe}. */
export interface ProbeDriver<Options extends z.ZodObject = z.ZodObject> {
  /** The name in YAML (`probe: http`), and the file's name. */
  readonly name: string;
  readonly summary: string;
  readonly reference: string;
  /** Keys beside `probe`; every key has a `.describe()`. Strings are already expanded when they get here. */
  readonly options: Options;
  /** A complete configuration (`programs:`) that a test loads. */
  readonly example: string;
  open(options: z.output<Options>, subject: ProbeSubject): Probe;
}

/** Declares a probe; it only carries the types. */
export function defineProbe<Options extends z.ZodObject>(driver: ProbeDriver<Options>): ProbeDriver<Options> {
  return driver;
}

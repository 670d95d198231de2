/** One look at what a process has in flight. Moments on the monotonic clock, in milliseconds. */
export interface Sample {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Undefined: unknown, which is not 0. */
  readonly inFlight: number | undefined;
  /** Why it is unknown, or "". */
  readonly unknownBecause: string;
  /** Members that are not out although they should be: work may still arrive. Names for messages. */
  readonly notOut: readonly string[];
  /** Why a pool could not tell whether its member is out; absent: each of them told. */
  readonly poolSilentBecause?: string | undefined;
  /** Members that their pool does not know any more. Names for messages. */
  readonly missing?: readonly string[];
}

/**
 * How much work a stop at this moment cuts off. -1: unknown; also where nothing was in flight, but a pool that has not
 * confirmed that it is out may send work until the very end.
 */
export function cutBy(sample: Sample | undefined): number {
  if (sample?.inFlight === undefined) return -1;
  return sample.inFlight === 0 && sample.notOut.length > 0 ? -1 : sample.inFlight;
}

/** Since when a process has been idle without a break; undefined: it is not, or it is not known. */
export type IdleSince = number | undefined;

/**
 * Follows idleness from sample to sample. It begins at the end of the first sample that found nothing in flight with
 * every member out, and one sample that finds anything else ends it.
 */
export function idleSince(before: IdleSince, sample: Sample): IdleSince {
  if (sample.inFlight !== 0 || sample.notOut.length > 0) return undefined;
  return before ?? sample.endedAtMs;
}

/**
 * Drained: idle for at least `quietMs`. Counted from the end of the first idle sample to the start of the latest, the
 * shortest that the span between the two can have been.
 */
export function isDrained(since: IdleSince, latest: Sample, quietMs: number): boolean {
  if (since === undefined) return false;
  return quietMs === 0 || latest.startedAtMs - since >= quietMs;
}

import { setTimeout as delay } from 'node:timers/promises';

/** The longest that a Node timer waits (24.8 days); with more it would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Milliseconds on the monotonic clock: a wall clock that is set does not move it. */
export function monotonicMs(): number {
  return performance.now();
}

/**
 * Milliseconds on the clock that all processes of this boot share, so that one can compare its time with another's; of another
 * boot it means nothing. clock_gettime(2), CLOCK_MONOTONIC
 */
export function bootClockMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Waits `ms`, or rejects with the signal's reason as soon as it is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    await delay(Math.min(Math.max(0, ms), longestTimerMs), undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : error;
  }
}

/** A deadline on the monotonic clock, in milliseconds from now. */
export class Deadline {
  readonly startedAt: number;
  readonly ms: number;

  constructor(ms: number, startedAt = monotonicMs()) {
    this.ms = ms;
    this.startedAt = startedAt;
  }

  /** The same deadline, that much later. */
  laterBy(ms: number): Deadline {
    return new Deadline(this.ms + ms, this.startedAt);
  }

  get elapsedMs(): number {
    return monotonicMs() - this.startedAt;
  }

  get remainingMs(): number {
    return Math.max(0, this.ms - this.elapsedMs);
  }

  get passed(): boolean {
    return this.elapsedMs >= this.ms;
  }
}

/**
 * Runs `work` with a signal that is aborted when `signal` is, or after `ms`. The time-out rejects with what
 * `onTimeout` makes, at once, even where `work` does not heed its signal.
 */
export async function withTimeout<T>(
  ms: number,
  signal: AbortSignal | undefined,
  onTimeout: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => controller.abort(onTimeout()), Math.min(ms, longestTimerMs));
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  try {
    return await Promise.race([work(controller.signal), aborted]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** Waits for `work`, or rejects with the signal's reason as soon as it is aborted; `work` itself goes on. */
export async function abandonable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {});
    throw signal.reason;
  }
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

import { backoffMs } from '../backoff.ts';
import { type DrainctlError, toDrainctlError } from '../errors.ts';
import { type Deadline, sleep } from '../time.ts';

/** How {@link retry} goes on after a failure. */
export interface RetryOptions {
  /** At least one attempt is made; the last begins when it passes. */
  readonly deadline: Deadline;
  readonly signal: AbortSignal;
  /** True for a failure that another attempt may mend. */
  readonly mayHelp: (error: DrainctlError) => boolean;
  /** Told of the first failure that is retried. */
  readonly onFirstFailure?: (error: DrainctlError) => void;
}

const pauses = { firstMs: 100, longestMs: 2_000 };

/** Tries until it works or the deadline has passed, with pauses that double up to 2 s, each shortened by up to a half at random. */
export async function retry<T>(options: RetryOptions, work: () => Promise<T>): Promise<T> {
  const { deadline, signal, mayHelp, onFirstFailure } = options;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toDrainctlError(thrown);
      if (!mayHelp(error) || deadline.passed) throw error;
      if (attempt === 0) onFirstFailure?.(error);
      await sleep(Math.min(backoffMs(attempt, pauses), deadline.remainingMs), signal);
    }
  }
}

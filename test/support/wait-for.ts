import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

/** How long, how often and for what {@link waitFor} waits. */
export interface WaitOptions {
  /** What is waited for, as in "waited 5 s for WHAT". */
  readonly what: string;
  /** Default: 20 s, which is long for what takes a second on a machine that is not busy, and shorter than any test may take. */
  readonly timeoutMs?: number;
  /** Between two tries. Default: 20 ms. */
  readonly intervalMs?: number;
}

/**
 * Calls `condition` until it returns something truthy, and resolves with that. A throw counts as "not yet". When the
 * time is up it rejects, naming what was waited for and the last value or error.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, false | 0 | '' | null | undefined>> {
  const { what, timeoutMs = 20_000, intervalMs = 20 } = options;
  const giveUpAt = performance.now() + timeoutMs;
  let last: unknown;
  do {
    try {
      const value = await withLimit(condition, Math.max(1, giveUpAt - performance.now()));
      // Truthy, and so none of the excluded values; TypeScript can't narrow a type parameter like that.
      if (value) return value as Exclude<T, false | 0 | '' | null | undefined>;
      last = value;
    } catch (error) {
      last = error;
    }
    await delay(intervalMs);
  } while (performance.now() < giveUpAt);
  const seen = last instanceof Error ? last.message : inspect(last, { depth: 4, breakLength: 120 });
  throw new Error(`waited ${timeoutMs} ms for ${what}; last seen: ${seen}`, {
    cause: last instanceof Error ? last : undefined,
  });
}

/** One try must not outlast the whole wait. */
async function withLimit<T>(condition: () => T | Promise<T>, ms: number): Promise<T> {
  const timer = new AbortController();
  const late = delay(ms, undefined, { signal: timer.signal }).then(
    () => Promise.reject(new Error(`no answer within ${Math.round(ms)} ms`)),
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([condition(), late]);
  } finally {
    timer.abort();
  }
}

/** How the pauses between attempts grow, in milliseconds. */
export interface Backoff {
  readonly firstMs: number;
  /** No pause is longer. */
  readonly longestMs: number;
}

/**
 * The pause after attempt `attempt` (0 is the first), in milliseconds: twice as long each time, up to the longest, and
 * shortened by up to a half at random, so that those who failed together don't come back together. `random`: 0 up to 1.
 */
export function backoffMs(attempt: number, { firstMs, longestMs }: Backoff, random: number = Math.random()): number {
  return Math.min(longestMs, firstMs * 2 ** attempt) * (1 - random / 2);
}

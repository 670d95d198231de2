import { abandonable, monotonicMs, sleep } from '../time.ts';

/** Wake-ups that fall into the same few milliseconds become one, so that their questions share a round trip. */
const gridMs = 5;

/**
 * Wakes many waiters at the same moments. All that poll every 100 ms are woken together, whenever each began, so that
 * a pool is asked once a poll and not once a process.
 */
export class Ticker {
  readonly #ticks = new Map<number, Promise<void>>();

  /** Resolves at the next multiple of `pollMs`, or at `atMs` (monotonic) where that is sooner; rejects on abort. */
  async next(pollMs: number, atMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = monotonicMs();
    const regular = (Math.floor(now / pollMs) + 1) * pollMs;
    const wanted = Math.ceil(Math.min(regular, Math.max(atMs, now)) / gridMs) * gridMs;
    await abandonable(this.#at(wanted), signal);
  }

  #at(momentMs: number): Promise<void> {
    let tick = this.#ticks.get(momentMs);
    if (tick === undefined) {
      // A timer of Node may fire a millisecond early, and then the same moment would come a second time.
      tick = sleep(Math.ceil(momentMs - monotonicMs()) + 1).finally(() => this.#ticks.delete(momentMs));
      this.#ticks.set(momentMs, tick);
    }
    return tick;
  }
}

import { backoffMs } from '../backoff.ts';
import { monotonicMs } from '../time.ts';
import type { RunDocument } from './api.ts';

const pauses = { firstMs: 5_000, longestMs: 300_000 };

/** A process that crashes sooner than this after it was put back has not come back for good. */
const stableAfterMs = 60_000;

interface Pause {
  /** How many there were before it. */
  readonly attempt: number;
  readonly pauseMs: number;
  readonly untilMs: number;
}

/**
 * Keeps a recovery that fails from being tried at every tick, and a process that crashes again and again from flapping in
 * its pools: twice as long a pause each time, up to five minutes, each shortened by up to a half at random. It has no end, because
 * what is out must go back one day.
 */
export class Patience {
  readonly #failing = new Map<string, Pause>();
  readonly #crashing = new Map<string, Pause>();
  readonly #backAtMs = new Map<string, number>();
  readonly #random: () => number;

  /** `random` gives 0 up to 1. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** True where this process may be tried now. */
  isDue(process: string): boolean {
    return this.waitMs(process) === 0;
  }

  /** How long it is until this process may be tried again, in milliseconds. */
  waitMs(process: string): number {
    const untilMs = (pauses: ReadonlyMap<string, Pause>) => pauses.get(process)?.untilMs ?? 0;
    return Math.max(0, untilMs(this.#failing) - monotonicMs(), untilMs(this.#crashing) - monotonicMs());
  }

  /** Takes in how a recovery went. */
  learn(result: RunDocument): void {
    for (const { name, outcome } of result.processes) {
      if (outcome === 'failed') this.#lengthen(this.#failing, name);
      if (outcome !== 'done') continue;
      this.#failing.delete(name);
      this.#backAtMs.set(name, monotonicMs());
    }
  }

  /**
   * Takes in that a process has crashed. The first time it goes back as soon as it is ready; one that crashes again soon
   * after it was put back has to wait. The milliseconds of that wait; 0: none.
   */
  crashed(process: string): number {
    const backAtMs = this.#backAtMs.get(process);
    const stableMs = Math.max(stableAfterMs, 2 * (this.#crashing.get(process)?.pauseMs ?? 0));
    if (backAtMs !== undefined && monotonicMs() - backAtMs < stableMs) return this.#lengthen(this.#crashing, process);
    this.#crashing.delete(process);
    return 0;
  }

  #lengthen(all: Map<string, Pause>, process: string): number {
    const attempt = (all.get(process)?.attempt ?? -1) + 1;
    const pauseMs = backoffMs(attempt, pauses, this.#random());
    all.set(process, { attempt, pauseMs, untilMs: monotonicMs() + pauseMs });
    return pauseMs;
  }
}

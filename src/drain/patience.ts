import { monotonicMs } from '../time.ts';
import type { RunDocument } from './api.ts';

const firstPauseMs = 5_000;
const longestPauseMs = 300_000;

/** Keeps a recovery that fails from being tried at every tick: twice as long a pause after each failure, up to five minutes. */
export class Patience {
  readonly #waiting = new Map<string, { readonly pauseMs: number; readonly untilMs: number }>();

  /** True where this process may be tried now. */
  isDue(process: string): boolean {
    return monotonicMs() >= (this.#waiting.get(process)?.untilMs ?? 0);
  }

  /** Takes in how a recovery went. */
  learn(result: RunDocument): void {
    for (const { name, outcome } of result.processes) {
      if (outcome === 'failed') this.#wait(name);
      else if (outcome === 'done') this.#waiting.delete(name);
    }
  }

  #wait(process: string): void {
    const before = this.#waiting.get(process)?.pauseMs;
    const pauseMs = before === undefined ? firstPauseMs : Math.min(longestPauseMs, before * 2);
    this.#waiting.set(process, { pauseMs, untilMs: monotonicMs() + pauseMs });
  }
}

import { monotonicMs } from '../time.ts';

const intervalMs = 10_000;

/** Tells of what may happen very often: the first time at once, then at most every ten seconds, with how many times since. */
export class Seldom {
  readonly #tell: (times: number, who: string) => void;
  #times = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  /** `who` is the latest. */
  constructor(tell: (times: number, who: string) => void) {
    this.#tell = tell;
  }

  happened(who = ''): void {
    this.#times += 1;
    if (monotonicMs() - this.#toldAtMs < intervalMs) return;
    this.#toldAtMs = monotonicMs();
    this.#tell(this.#times, who);
    this.#times = 0;
  }
}

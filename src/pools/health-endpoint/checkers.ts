import type { Checker, HealthChecks } from '../pool.ts';

/** Whoever asked longest ago is forgotten where more ask for one process: anybody may. */
const mostCheckers = 64;

/** Keeps who asked for the health of which process, and what it was answered. Moments on the monotonic clock. */
export class CheckerBook implements HealthChecks {
  readonly sinceMs: number;
  /** Of each process its checkers by address; who asked longest ago is the first. */
  readonly #checkers = new Map<string, Map<string, Checker>>();

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }

  of(process: string): readonly Checker[] {
    return [...(this.#checkers.get(process)?.values() ?? [])];
  }

  /** An answer has gone out to a checker. */
  note(process: string, remoteAddress: string, answer: Checker['answer'], nowMs: number): void {
    const checkers = this.#checkers.get(process) ?? new Map<string, Checker>();
    this.#checkers.set(process, checkers);
    const address = remoteAddress.replace(/^::ffff:(?=[\d.]+$)/, '');
    const before = checkers.get(address);
    const times = before?.answer === answer ? before.times + 1 : 1;
    checkers.delete(address);
    checkers.set(address, { address, answer, times, lastAtMs: nowMs });
    const [oldest] = checkers.keys();
    if (checkers.size > mostCheckers && oldest !== undefined) checkers.delete(oldest);
  }
}

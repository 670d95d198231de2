import type { Checker, HealthChecks } from './sidecar-services.ts';

/** Limits and particulars of a {@link CheckerBook}. */
export interface CheckerBookOptions {
  /** What was asked about longest ago is forgotten where more names are asked about. Default: no limit. */
  readonly mostNames?: number;
  /** Whoever asked longest ago is forgotten where more ask about one name: anybody may. Default: 64. */
  readonly mostCheckers?: number;
}

/**
 * Keeps who asked about which name (a process, a server), and what it was answered. Moments on the monotonic clock, in
 * milliseconds.
 */
export class CheckerBook<Answer extends string = 'in' | 'out'> implements HealthChecks<Answer> {
  readonly sinceMs: number;
  readonly #mostNames: number;
  readonly #mostCheckers: number;
  /** Of each name its checkers by address; who asked longest ago is the first, and so is what was asked about longest ago. */
  readonly #checkers = new Map<string, Map<string, Checker<Answer>>>();

  constructor(sinceMs: number, { mostNames = Number.POSITIVE_INFINITY, mostCheckers = 64 }: CheckerBookOptions = {}) {
    this.sinceMs = sinceMs;
    this.#mostNames = mostNames;
    this.#mostCheckers = mostCheckers;
  }

  of(name: string): readonly Checker<Answer>[] {
    return [...(this.#checkers.get(name)?.values() ?? [])];
  }

  /** All that was asked about, the latest last. */
  names(): readonly string[] {
    return [...this.#checkers.keys()];
  }

  /** An answer has gone out to a checker. */
  note(name: string, remoteAddress: string, answer: Answer, nowMs: number): void {
    this.#put(name, remoteAddress, (address, before) => ({
      ...before,
      address,
      answer,
      times: before?.answer === answer ? before.times + 1 : 1,
      lastAtMs: nowMs,
    }));
  }

  /**
   * A checker asks, and it is not known yet whether an answer will reach it; `unanswered` is what one has been told that
   * asks for the first time. How often it asks is learnt from these.
   */
  heard(name: string, remoteAddress: string, unanswered: Answer, nowMs: number): void {
    this.#put(name, remoteAddress, (address, before) => {
      if (before === undefined) return { address, answer: unanswered, times: 0, lastAtMs: nowMs, askedAtMs: nowMs };
      const gapMs = before.askedAtMs === undefined ? undefined : nowMs - before.askedAtMs;
      return { ...before, lastAtMs: nowMs, askedAtMs: nowMs, gapsMs: latestGaps(before.gapsMs, gapMs) };
    });
  }

  #put(
    name: string,
    remoteAddress: string,
    change: (address: string, before: Checker<Answer> | undefined) => Checker<Answer>,
  ): void {
    const checkers = this.#checkers.get(name) ?? new Map<string, Checker<Answer>>();
    this.#checkers.delete(name);
    this.#checkers.set(name, checkers);
    const address = plainAddress(remoteAddress);
    const before = checkers.get(address);
    checkers.delete(address);
    checkers.set(address, change(address, before));
    forgetFirst(checkers, this.#mostCheckers);
    forgetFirst(this.#checkers, this.#mostNames);
  }
}

/** An IPv4 address as such, also where it comes from a socket of IPv6. */
export function plainAddress(remoteAddress: string): string {
  return remoteAddress.replace(/^::ffff:(?=[\d.]+$)/, '');
}

function latestGaps(before: readonly number[] = [], gapMs: number | undefined): readonly number[] {
  return gapMs === undefined ? before : [...before.slice(-1), gapMs];
}

function forgetFirst(map: Map<string, unknown>, most: number): void {
  const [first] = map.keys();
  if (map.size > most && first !== undefined) map.delete(first);
}

import type { Checker, HealthChecks } from './sidecar-services.ts';

/** Whoever asked longest ago is forgotten where more ask about one name: anybody may. */
export const mostCheckers = 1_024;

/** Limits of a {@link CheckerBook} where anybody may ask about anything. */
export interface CheckerBookOptions {
  /** Names that mean nothing: the one that was asked about longest ago is forgotten where more than `mostNames` are asked about. */
  readonly strays?: {
    readonly isStray: (name: string) => boolean;
    readonly mostNames: number;
    /** In place of {@link mostCheckers}. */
    readonly mostCheckers: number;
  };
}

/** Those who ask about one name, by address; who asked longest ago is the first. */
interface Page<Answer extends string> {
  readonly checkers: Map<string, Checker<Answer>>;
  forgottenAtMs: number | undefined;
}

/**
 * Keeps who asked about which name (a process, a server), and what it was answered. Moments on the monotonic clock, in
 * milliseconds.
 */
export class CheckerBook<Answer extends string = 'in' | 'out'> implements HealthChecks<Answer> {
  readonly sinceMs: number;
  readonly #strays: CheckerBookOptions['strays'];
  /** What was asked about longest ago is the first. */
  readonly #pages = new Map<string, Page<Answer>>();

  constructor(sinceMs: number, { strays }: CheckerBookOptions = {}) {
    this.sinceMs = sinceMs;
    this.#strays = strays;
  }

  of(name: string): readonly Checker<Answer>[] {
    return [...(this.#pages.get(name)?.checkers.values() ?? [])];
  }

  /** When the latest had asked of those that were forgotten because too many ask about this name; undefined: nobody was. */
  forgottenAtMs(name: string): number | undefined {
    return this.#pages.get(name)?.forgottenAtMs;
  }

  /** All that was asked about, the latest last. */
  names(): readonly string[] {
    return [...this.#pages.keys()];
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
    const page = this.#pages.get(name) ?? { checkers: new Map<string, Checker<Answer>>(), forgottenAtMs: undefined };
    this.#pages.delete(name);
    this.#pages.set(name, page);
    const address = plainAddress(remoteAddress);
    const before = page.checkers.get(address);
    page.checkers.delete(address);
    page.checkers.set(address, change(address, before));
    forgetFirst(page, this.#strays?.isStray(name) === true ? this.#strays.mostCheckers : mostCheckers);
    if (this.#strays !== undefined && this.#pages.size > this.#strays.mostNames) this.#forgetStray(this.#strays);
  }

  /** What means something stays, however much else is asked about. */
  #forgetStray({ isStray }: NonNullable<CheckerBookOptions['strays']>): void {
    for (const name of this.#pages.keys()) {
      if (isStray(name)) return void this.#pages.delete(name);
    }
  }
}

/** An IPv4 address as such, also where it comes from a socket of IPv6. */
export function plainAddress(remoteAddress: string): string {
  return remoteAddress.replace(/^::ffff:(?=[\d.]+$)/, '');
}

function latestGaps(before: readonly number[] = [], gapMs: number | undefined): readonly number[] {
  return gapMs === undefined ? before : [...before.slice(-1), gapMs];
}

function forgetFirst<Answer extends string>(page: Page<Answer>, most: number): void {
  const [first] = page.checkers.values();
  if (page.checkers.size <= most || first === undefined) return;
  page.checkers.delete(first.address);
  page.forgottenAtMs = first.lastAtMs;
}

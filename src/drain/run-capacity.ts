import type { DrainctlError } from '../errors.ts';
import { Deadline } from '../time.ts';
import type { RunAction } from './api.ts';
import { endsRun, mustGoOn, pipelines } from './policy.ts';
import type { TargetMember } from './target.ts';
import { Turns } from './turns.ts';

/** What the processes of one run know of each other's taking out, so that two of them don't both take the last one. */
export class RunCapacity {
  readonly #action: RunAction;
  readonly #turns = new Turns();
  readonly #takenOut = new Map<string, Set<string>>();
  readonly #waits = new Map<string, Deadline>();
  readonly #given = new Map<string, DrainctlError>();

  constructor(action: RunAction) {
    this.#action = action;
  }

  /** Counting and taking out is one process's work at a time, in each group of servers. What it gives ends the turn. */
  async turn(members: readonly TargetMember[], signal: AbortSignal): Promise<() => void> {
    return this.#turns.take(keysOf(members), signal);
  }

  /** The servers of the member's group that this run has taken out and does not put back. */
  goneFrom(member: TargetMember): ReadonlySet<string> {
    return pipelines[this.#action].includes('repool') ? none : (this.#takenOut.get(keyOf(member)) ?? none);
  }

  /** True where this run has taken out another process of these groups before. */
  hasTakenOut(members: readonly TargetMember[]): boolean {
    return keysOf(members).some((key) => this.#takenOut.has(key));
  }

  /** These were taken out. */
  takeOut(members: readonly TargetMember[]): void {
    for (const member of members) {
      const names = this.#takenOut.get(keyOf(member)) ?? new Set();
      this.#takenOut.set(keyOf(member), names.add(member.at.capacity?.nameOf(member.member) ?? ''));
    }
  }

  /** How long may be waited: each process its own time; but all of a shutdown share one, so that it comes to an end. */
  waitFor(members: readonly TargetMember[]): Deadline {
    const longestMs = Math.max(0, ...members.map(({ at }) => at.capacity?.rule.waitMs ?? 0));
    if (!mustGoOn(this.#action)) return new Deadline(longestMs);
    const key = keysOf(members).join('\n');
    const deadline = this.#waits.get(key) ?? new Deadline(longestMs);
    this.#waits.set(key, deadline);
    return deadline;
  }

  /** Some process of these groups did not get what it needs. */
  giveUp(members: readonly TargetMember[], error: DrainctlError): void {
    for (const key of keysOf(members)) this.#given.set(key, error);
  }

  /** Why nobody else needs to wait: one of the same group has in vain, or one of the run, where that ends it. */
  givenUp(members: readonly TargetMember[]): DrainctlError | undefined {
    if (endsRun(this.#action, 'failed')) return [...this.#given.values()][0];
    return keysOf(members)
      .map((key) => this.#given.get(key))
      .find((error) => error !== undefined);
  }
}

const none: ReadonlySet<string> = new Set();

function keysOf(members: readonly TargetMember[]): readonly string[] {
  return [...new Set(members.map(keyOf))].sort();
}

function keyOf({ at, member }: TargetMember): string {
  return `${at.pool}\n${at.capacity?.groupOf(member) ?? ''}`;
}

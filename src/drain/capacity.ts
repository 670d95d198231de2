import type { CapacityRule } from '../config/config.ts';
import type { Server } from '../pools/pool.ts';

/** What one address of a pool says of the servers that share a member's work, at one moment. */
export interface Reading {
  /** The member's own name among {@link servers}. */
  readonly own: string;
  /** All of the group, the member's own among them. */
  readonly servers: readonly Server[];
  readonly rule: CapacityRule;
}

/** How many others there are at one address, and how many there must be. */
interface Count {
  /** Others that are available. */
  readonly available: number;
  /** All others. */
  readonly others: number;
  readonly needed: number;
}

/** How many others must be available: the number, or the percentage of all servers, rounded up. */
export function neededOf({ minAvailable }: CapacityRule, servers: number): number {
  return 'servers' in minAvailable ? minAvailable.servers : Math.ceil((minAvailable.percent * servers) / 100);
}

/** How many others are available. */
export function countOthers(reading: Reading): Count {
  const others = othersOf(reading);
  const available = others.filter((server) => server.available).length;
  return { available, others: others.length, needed: neededOf(reading.rule, reading.servers.length) };
}

/** True where the member may be taken out: enough others are available, or it gets no work anyway, so that nothing is lost. */
export function isEnough(reading: Reading): boolean {
  const { available, needed } = countOthers(reading);
  return available >= needed || !getsWork(reading);
}

/** False where waiting is in vain: without those that the run itself has taken out for good there are too few, even if all were available. */
export function canBecomeEnough(reading: Reading, gone: ReadonlySet<string>): boolean {
  const possible = othersOf(reading).filter(({ name }) => !gone.has(name)).length;
  return possible >= countOthers(reading).needed;
}

/**
 * What to do after a member was taken out, when another host may have taken out one in the same moment: each of the two
 * had seen the other's server available. `stay`: others must give way, and it is known that they do.
 */
export type Verdict = 'enough' | 'stay' | 'give way';

/**
 * Decides for one address whether those that are left are enough. `before` is what was counted before the member was
 * taken out, `now` what is there after every address has confirmed it; undefined: the address did not answer, which is
 * never enough. `comesFirst` is the order in which hosts give way, {@link comesFirst}.
 *
 * Of those that went out since the count, those that come first stay; the others go back, each at once, and so the
 * first see enough in a moment. Who was out before the count has nothing to do with it: he was not counted. A server
 * that is DOWN since does not come back for our sake, so then we give way.
 *
 * Safe however the hosts' steps interleave: a host goes on only after it has seen enough others while its own server
 * was out, and of two hosts at most one can have seen that.
 */
export function judge(before: Reading, now: Reading | undefined, comesFirst: (name: string) => boolean): Verdict {
  if (!getsWork(before)) return 'enough';
  if (now === undefined) return 'stay';
  const counted = new Set(othersOf(before).flatMap(({ name, available }) => (available ? [name] : [])));
  const others = othersOf(now);
  // One that has given way gets work again at once, before the pool's own check has confirmed it.
  const left = others.filter(
    ({ name, available, placement }) => available || (placement === 'in' && counted.has(name)),
  );
  const needed = neededOf(now.rule, now.servers.length);
  if (left.length >= needed) return 'enough';
  const giveWay = others.filter(({ name, placement }) => placement === 'out' && counted.has(name) && !comesFirst(name));
  return left.length + giveWay.length >= needed ? 'stay' : 'give way';
}

/**
 * True where `other` stays and `own` gives way: it was taken out first. `outBefore` is for each address what was out
 * already when `own` was taken out there. A host that goes on already was first at every address, so nobody waits for it
 * in vain. Where the addresses disagree, or don't know, none of the two goes on already, and the name decides.
 */
export function comesFirst(
  other: string,
  own: string,
  outBefore: readonly (ReadonlySet<string> | undefined)[],
): boolean {
  const told = new Set(outBefore.map((names) => names?.has(other)));
  const [first] = told;
  return told.size === 1 && first !== undefined ? first : other < own;
}

/** The verdict of several addresses and groups together: the worst of them. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  return (['give way', 'stay'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'enough';
}

/** Of more servers than these only the first ones are named. */
const namedAtMost = 5;

/** `1 of 3 others, 2 are needed; not available: web_01 (DRAIN), web_02 (DOWN)` */
export function sayReading(reading: Reading): string {
  const missing = othersOf(reading).filter(({ available }) => !available);
  const named = missing.slice(0, namedAtMost).map(({ name, text }) => `${name} (${text})`);
  const more = missing.length > namedAtMost ? [`${missing.length - namedAtMost} more`] : [];
  const notAvailable = missing.length === 0 ? '' : `; not available: ${[...named, ...more].join(', ')}`;
  return `${sayCount(countOthers(reading))}${notAvailable}`;
}

/** `1 of 3 others, 2 are needed` */
function sayCount({ available, others, needed }: Count): string {
  return `${available} of ${others} others, ${needed} ${needed === 1 ? 'is' : 'are'} needed`;
}

function othersOf({ own, servers }: Reading): readonly Server[] {
  return servers.filter(({ name }) => name !== own);
}

function getsWork({ own, servers }: Reading): boolean {
  return servers.some(({ name, placement }) => name === own && placement === 'in');
}

import type { Json, Placement } from '../pool.ts';
import { adminBits, operStates, type ServerState } from './server-state.ts';

/** What `set server B/S state …` takes. */
export type AdminTarget = 'ready' | 'drain' | 'maint';

/** How a pool's configuration wants members taken out. */
export interface DepoolPolicy {
  readonly depool: 'drain' | 'maint';
  /** After this long in drain, maintenance; undefined: never. */
  readonly maintAfterMs: number | undefined;
}

const maintMask = adminBits.forcedMaint | adminBits.inheritedMaint;
const outMask = maintMask | adminBits.forcedDrain | adminBits.inheritedDrain;

/**
 * Where a server stands. Its own admin bits come first: one that is drained may show DOWN. `status` is that of
 * `show stat`; where it is not known, the operational state alone decides.
 */
export function placementOf({ adminState, operState, weight }: ServerState, status: string | undefined): Placement {
  if ((adminState & outMask) !== 0 || weight === 0) return 'out';
  if (status?.startsWith('DRAIN') === true) return 'out';
  if ((adminState & adminBits.resolutionMaint) !== 0) return 'down';
  const isUp = operState === operStates.running || operState === operStates.starting;
  const saysUp = status === undefined || status.startsWith('UP') || status === 'no check';
  return isUp && saysUp ? 'in' : 'down';
}

/** A server's state in words, for when `show stat` has none. */
export function describeServerState({ adminState, operState }: ServerState): string {
  const [name = 'unknown'] = Object.entries(operStates).find(([, value]) => value === operState) ?? [];
  return `${name} (admin state ${adminState})`;
}

/** What {@link repoolTarget} needs to know of a server before it was taken out. */
export interface Before {
  readonly adminState: number;
  /** What the policy of that time set; the configuration may have changed since. */
  readonly setTo: readonly AdminTarget[];
}

/** What to write down before a server is taken out; null for one that HAProxy does not know. */
export function beforeOf(state: ServerState | undefined, policy: DepoolPolicy): Json {
  return state === undefined ? null : { adminState: state.adminState, setTo: ownTargets(policy) };
}

/** What to set so that the server gets no new work; undefined: it is out already, by whoever's hand. */
export function depoolTarget(
  { adminState, weight }: ServerState,
  { depool, maintAfterMs }: DepoolPolicy,
  outForMs: number,
): AdminTarget | undefined {
  // `state drain` would end an operator's maintenance.
  if ((adminState & maintMask) !== 0) return undefined;
  if (maintAfterMs !== undefined && outForMs >= maintAfterMs) return 'maint';
  return (adminState & outMask) !== 0 || weight === 0 ? undefined : depool;
}

/**
 * What to set so that the server is as it was before; undefined: it is, or somebody else has changed it to something
 * that we never set.
 */
export function repoolTarget(
  { adminState }: ServerState,
  before: Before,
  policy: DepoolPolicy,
): AdminTarget | undefined {
  const now = targetFor(adminState);
  const then = targetFor(before.adminState);
  const isOurs = ownTargets(policy).includes(now) || before.setTo.includes(now);
  return now !== then && isOurs ? then : undefined;
}

/** True where a server that is out is in a state that we never set it to, nor found it in: an operator's maintenance over our drain. */
export function isOtherHand(before: Json, now: Json): boolean {
  const [then, present] = [readBefore(before), readBefore(now)];
  if (then === undefined || present === undefined) return false;
  const target = targetFor(present.adminState);
  return target !== targetFor(then.adminState) && !then.setTo.includes(target);
}

/** What {@link depoolTarget} may set. */
function ownTargets({ depool, maintAfterMs }: DepoolPolicy): AdminTarget[] {
  return depool === 'drain' && maintAfterMs !== undefined ? ['drain', 'maint'] : [depool];
}

/** True where the server's own admin bits are those that setting `target` leaves. */
export function hasReached({ adminState }: ServerState, target: AdminTarget): boolean {
  return targetFor(adminState) === target;
}

function targetFor(adminState: number): AdminTarget {
  if ((adminState & adminBits.forcedMaint) !== 0) return 'maint';
  return (adminState & adminBits.forcedDrain) !== 0 ? 'drain' : 'ready';
}

/**
 * Reads what {@link beforeOf} wrote, perhaps in an earlier version or another driver's words; undefined: not readable.
 * A member that was not known is taken for ready, as a server is that HAProxy has just learnt of.
 */
export function readBefore(before: Json): Before | undefined {
  if (before === null) return { adminState: 0, setTo: [] };
  if (!isStruct(before)) return undefined;
  const { adminState, setTo } = before;
  if (typeof adminState !== 'number' || !Number.isSafeInteger(adminState) || adminState < 0) return undefined;
  return { adminState, setTo: Array.isArray(setTo) ? setTo.filter(isTarget) : [] };
}

function isStruct(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTarget(value: unknown): value is AdminTarget {
  return value === 'ready' || value === 'drain' || value === 'maint';
}

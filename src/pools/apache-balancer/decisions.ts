import type { Json, Placement } from '../pool.ts';

/** What we set: draining mode (`Drn`), or disabled (`Dis`). */
export type Flag = 'Drn' | 'Dis';

/** How a pool's configuration wants members taken out. */
export interface DepoolPolicy {
  readonly depool: 'drain' | 'disable';
  /** After this long in draining mode, disabled; undefined: never. */
  readonly disableAfterMs: number | undefined;
}

/** Which flags to set (true) and to clear (false). */
export type Change = Readonly<Partial<Record<Flag, boolean>>>;

/** By the words in a worker's status: `ap_proxy_parse_wstatus()`. Each of them means that somebody took it out. */
const outFlags: readonly string[] = ['Drn', 'Dis', 'Stop', 'Shut', 'Free'];
const knownFlags: readonly string[] = [...outFlags, 'Init', 'Ok', 'Ign', 'Gen', 'Stby', 'Spar', 'Err', 'HcFl'];

/** True for a status that Apache could have written: known words, perhaps new ones beside them. */
export function isStatus(status: string): boolean {
  return flagsOf(status).some((flag) => knownFlags.includes(flag));
}

/**
 * Where a worker stands. `Ok` is what Apache itself calls usable. A hot standby (`Stby`, `Spar`) is in: it gets work as soon as the
 * others get none. `Err` and `HcFl` are down: Apache or its health check found it so, and looks again.
 */
export function placementOf(status: string): Placement {
  const flags = flagsOf(status);
  if (flags.some((flag) => outFlags.includes(flag))) return 'out';
  return flags.includes('Ok') ? 'in' : 'down';
}

/** What to write down before a worker is taken out. */
export function beforeOf(status: string, policy: DepoolPolicy): Json {
  return { flags: outFlagsOf(status), setTo: ownFlags(policy) };
}

/** What to set so that the worker gets no new work; undefined: it is out already, by whoever's hand. */
export function depoolChange(
  status: string,
  { depool, disableAfterMs }: DepoolPolicy,
  outForMs: number,
): Change | undefined {
  const flags = outFlagsOf(status);
  if (flags.some((flag) => flag !== 'Drn')) return undefined;
  if (disableAfterMs !== undefined && outForMs >= disableAfterMs) return { Dis: true };
  if (flags.length > 0) return undefined;
  return depool === 'drain' ? { Drn: true } : { Dis: true };
}

/** What to clear so that the worker is as it was before; undefined: nothing. What we never set is left as it is. */
export function repoolChange(status: string, before: Before, policy: DepoolPolicy): Change | undefined {
  const now = outFlagsOf(status);
  const ours = new Set([...ownFlags(policy), ...before.setTo]);
  const cleared = [...ours].filter((flag) => now.includes(flag) && !before.flags.includes(flag));
  return cleared.length === 0 ? undefined : Object.fromEntries(cleared.map((flag) => [flag, false]));
}

/** True where a status shows what `change` wants. */
export function hasReached(status: string, change: Change): boolean {
  const flags = flagsOf(status);
  return Object.entries(change).every(([flag, wanted]) => flags.includes(flag) === wanted);
}

/** True where a worker that is out has a flag that we never set, nor found: an operator's. */
export function isOtherHand(before: Json, now: Json): boolean {
  const [then, present] = [readBefore(before), readBefore(now)];
  if (then === undefined || present === undefined) return false;
  const known: readonly string[] = [...then.flags, ...then.setTo];
  return present.flags.some((flag) => !known.includes(flag));
}

/** What {@link repoolChange} needs to know of a worker before it was taken out. */
export interface Before {
  readonly flags: readonly string[];
  /** What the policy of that time set; the configuration may have changed since. */
  readonly setTo: readonly Flag[];
}

/** Reads what {@link beforeOf} wrote. A worker that was not known is taken for one that nobody took out; undefined: not readable. */
export function readBefore(before: Json): Before | undefined {
  if (before === null) return { flags: [], setTo: [] };
  if (typeof before !== 'object' || !('flags' in before) || !Array.isArray(before['flags'])) return undefined;
  const { flags, setTo } = before;
  const isFlag = (value: unknown): value is Flag => value === 'Drn' || value === 'Dis';
  return {
    flags: flags.filter((flag) => typeof flag === 'string'),
    setTo: Array.isArray(setTo) ? setTo.filter(isFlag) : [],
  };
}

/** What {@link depoolChange} may set. */
function ownFlags({ depool, disableAfterMs }: DepoolPolicy): Flag[] {
  if (depool === 'disable') return ['Dis'];
  return disableAfterMs === undefined ? ['Drn'] : ['Drn', 'Dis'];
}

function outFlagsOf(status: string): string[] {
  return flagsOf(status).filter((flag) => outFlags.includes(flag));
}

function flagsOf(status: string): string[] {
  return status.split(/\s+/).filter((word) => word !== '');
}

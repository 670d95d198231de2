import type { Json, MemberState } from '../pools/pool.ts';
import type { DriftKind, DriftStatus } from './api.ts';
import type { JournalEntry } from './journal-file.ts';

/** A member of a process, as it was found, and what the journal says of it. */
export interface FoundMember {
  readonly pool: string;
  readonly address: string;
  readonly label: string;
  /** Undefined: it could not be asked. */
  readonly state: Pick<MemberState, 'placement' | 'text' | 'before'> | undefined;
  /** Undefined: drainctl has not taken it out. */
  readonly entry: JournalEntry | undefined;
  /** Under what other name of its pool drainctl has taken it out; see `formerPoolOf`. */
  readonly formerPool?: string | undefined;
  /** True where being out, as it is `now`, is not what taking it out from `before` comes to. */
  readonly isOtherHand: (before: Json, now: Json) => boolean;
}

/** An entry is written before the pool is told: a younger one may be under way. */
const underWayMs = 2_000;

/** What {@link driftOf} goes by. */
export interface DriftContext {
  /** The wall clock, in milliseconds since 1970. */
  readonly nowMs: number;
  /** True while a run takes the process out or puts it back: then the journal is ahead of the pools. */
  readonly isChanging: boolean;
}

/**
 * Where the pools are not as drainctl left them: somebody else has put a member back or changed it, has taken one out, or the
 * addresses of a pool differ. Unknown is no drift.
 */
export function driftOf(members: readonly FoundMember[], context: DriftContext): readonly DriftStatus[] {
  if (context.isChanging) return [];
  return members.flatMap((member) => {
    const kind = kindOf(member, context.nowMs);
    return kind === undefined ? [] : [toStatus(member, kind, members)];
  });
}

function kindOf({ state, entry, isOtherHand }: FoundMember, nowMs: number): DriftKind | undefined {
  if (state === undefined) return undefined;
  const { placement, before } = state;
  if (entry === undefined) return placement === 'out' ? 'taken_out' : undefined;
  if (placement === 'missing') return 'removed';
  if (placement !== 'out') return isUnderWay(entry, nowMs) ? undefined : 'put_back';
  return isOtherHand(entry.before, before) ? 'changed' : undefined;
}

function isUnderWay({ at }: JournalEntry, nowMs: number): boolean {
  const ageMs = nowMs - Date.parse(at);
  return ageMs >= 0 && ageMs < underWayMs;
}

const texts: Readonly<Record<DriftKind, string>> = {
  taken_out: 'not by drainctl',
  put_back: 'put back by somebody else or a reload, although drainctl took it out',
  changed: 'changed by somebody else after drainctl took it out',
  removed: 'removed by somebody else after drainctl took it out',
};

function toStatus(member: FoundMember, kind: DriftKind, members: readonly FoundMember[]): DriftStatus {
  const { pool, address, label, state, formerPool } = member;
  const how =
    kind === 'taken_out' && formerPool !== undefined
      ? `taken out by drainctl when its pool was named "${formerPool}" in the configuration`
      : texts[kind];
  const is = kind === 'removed' ? ': ' : ' is ';
  const text = `${label} at ${address}${is}${state?.text ?? 'unknown'}, ${how}${elsewhere(member, members)}`;
  return { kind, pool, address, member: label, text };
}

/** What the other addresses of its pool say otherwise. */
function elsewhere(member: FoundMember, members: readonly FoundMember[]): string {
  const others = members.filter(
    ({ pool, label, address, state }) =>
      pool === member.pool &&
      label === member.label &&
      address !== member.address &&
      state !== undefined &&
      isOut(state) !== isOut(member.state),
  );
  if (others.length === 0) return '';
  return `; but ${others.map(({ address, state }) => `${state?.text ?? ''} at ${address}`).join(', ')}`;
}

function isOut(state: FoundMember['state']): boolean {
  return state?.placement === 'out';
}

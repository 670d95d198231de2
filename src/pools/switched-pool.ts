import { DrainctlError } from '../errors.ts';
import { OwnHand } from './own-hand.ts';
import type { Json, MemberState, Placement, Pool, PoolProblem, PoolServices } from './pool.ts';

/** A pool that is switched in a way that its configuration describes: by requests, by commands. */
export interface Switch<Member> {
  readonly address: string;
  readonly settleMs: number;
  label(member: Member): string;
  /** Idempotent, as the two below. They reject as the methods of a {@link Pool} do. */
  takeOut(member: Member, reason: string, signal: AbortSignal): Promise<void>;
  putBack(member: Member, signal: AbortSignal): Promise<void>;
  /** Where it stands, in the pool's own words; undefined: this member can't be asked about. */
  ask(member: Member, signal: AbortSignal): Promise<Standing> | undefined;
  check?(members: readonly Member[], signal: AbortSignal): Promise<readonly PoolProblem[]>;
}

/** What the pool says of one member. */
export interface Standing {
  readonly placement: Placement;
  readonly text: string;
}

/**
 * The pool of a {@link Switch}. A member that can be asked about is left as it is where it is out already, and stays
 * out where it was out before. Of one that can't, what drainctl did itself is all that is known.
 */
export function switchedPool<Member extends object>(
  kind: Switch<Member>,
  services: Pick<PoolServices, 'takenOutAt'>,
): Pool<Member> {
  const hand = new OwnHand(kind.address, services);

  async function stateOf(member: Member, signal: AbortSignal): Promise<MemberState> {
    const asked = await kind.ask(member, signal);
    if (asked !== undefined) return { ...asked, before: { placement: asked.placement }, inFlight: undefined };
    const isOut = hand.isOut(kind.label(member));
    const text = isOut ? 'taken out by drainctl' : 'not taken out by drainctl';
    return { placement: isOut ? 'out' : 'in', text, before: null, inFlight: undefined };
  }

  async function takeOut(member: Member, reason: string, signal: AbortSignal): Promise<void> {
    const asked = await kind.ask(member, signal);
    if (asked?.placement === 'missing') throw memberMissing(kind, member, asked.text);
    if (asked?.placement === 'out') return;
    await hand.takeOut(kind.label(member), () => kind.takeOut(member, reason, signal));
  }

  async function putBack(member: Member, before: Json, signal: AbortSignal): Promise<void> {
    if (wasOut(before)) return;
    const asked = await kind.ask(member, signal);
    if (asked?.placement === 'missing') throw memberMissing(kind, member, asked.text);
    if (asked?.placement === 'in') return;
    await hand.putBack(kind.label(member), () => kind.putBack(member, signal));
  }

  const pool: Pool<Member> = {
    address: kind.address,
    settleMs: kind.settleMs,
    counts: false,
    apart: true,
    state: (members, signal) => all(members, signal, (member) => stateOf(member, signal)),
    async depool(members, signal) {
      await all(members, signal, ({ member, reason = 'drain' }) => takeOut(member, reason, signal));
    },
    async repool(members, signal) {
      await all(members, signal, ({ member, before }) => putBack(member, before, signal));
    },
  };
  const { check } = kind;
  return check === undefined ? pool : { ...pool, check };
}

/** Does the work for each side by side. All have ended when it rejects with what went wrong first. */
async function all<Item, Result>(
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  signal.throwIfAborted();
  const outcomes = await Promise.allSettled(items.map(work));
  signal.throwIfAborted();
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** Reads what `stateOf` wrote; what is not readable was taken out by us, or it would not be in the journal. */
function wasOut(before: Json): boolean {
  return typeof before === 'object' && before !== null && 'placement' in before && before['placement'] === 'out';
}

function memberMissing<Member>(kind: Switch<Member>, member: Member, text: string): DrainctlError {
  const label = kind.label(member);
  return new DrainctlError('POOL_MEMBER_MISSING', `The pool does not know ${label}: ${text}. Nothing was changed.`, {
    hint: `Correct the member of ${label} in the configuration, or add it to the pool.`,
    details: { address: kind.address, members: [label] },
  });
}

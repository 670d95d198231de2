import type * as z from 'zod';
import type { AgentChecks, HealthChecks } from './sidecar-services.ts';

/** A value that survives being written to the journal and read back. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Where a member stands in one pool address.
 *
 * - `in`: it gets new work.
 * - `down`: nobody took it out, but the pool's own check finds it down, so it gets no work now.
 * - `out`: it was taken out (drained, maintenance, weight 0); it gets no new work.
 * - `missing`: the pool does not know it.
 */
export type Placement = 'in' | 'down' | 'out' | 'missing';

/** What one pool address says of one member. */
export interface MemberState {
  readonly placement: Placement;
  /** In the pool's own words, such as `UP 1/2` or `DRAIN (agent)`. */
  readonly text: string;
  /** What {@link Pool.repool} needs to restore this state. Opaque to everyone but the driver; kept in the journal. */
  readonly before: Json;
  /** Requests, sessions or jobs that this address has with the member; undefined: it can't count, or can't tell now. */
  readonly inFlight: number | undefined;
  /** Why `inFlight` can't be told, although this driver can count. */
  readonly inFlightUnknown?: string;
}

/**
 * One address of a pool. A pool with three addresses (three HAProxys) is three of these; that all of them must
 * confirm, retries, and summing what is in flight are the engine's work, not the driver's.
 *
 * Every method is idempotent, takes many members in one round trip, gives its answers in the order of `members`, and
 * stops when `signal` is aborted, and ends within a time-out of its own (the engine gives up after 30 s). It rejects with a DrainctlError: `POOL_UNREACHABLE` where trying again may help,
 * `POOL_REFUSED` or `POOL_MEMBER_MISSING` where a person must mend something. Nothing else is thrown.
 */
export interface Pool<Member extends object = object> {
  /** Where this is, for messages and the journal: `/run/haproxy/admin.sock`, `tcp://10.0.0.7:9999`. Unique in its pool. */
  readonly address: string;
  /** How long after {@link depool} new work may still arrive, in milliseconds. 0 where the pool confirms. */
  readonly settleMs: number;
  /** After a member has been out this long, in milliseconds, {@link depool} called once more does more (HAProxy's `maint_after`). */
  readonly tightensAfterMs?: number | undefined;
  /** True where {@link state} can tell how much is in flight. */
  readonly counts: boolean;
  /**
   * True where each member is asked in a way of its own (a URL, a command): one that fails says nothing of the others,
   * so that calls for several members are not joined into one. Default: false.
   */
  readonly apart?: boolean;
  /** So many changes may be under way at a time, for one that waits long without doing anything. Default: 1, with `apart` 8. */
  readonly changesAtOnce?: number;
  /** True where only the sidecar can tell where a member stands; whoever else looks goes by the journal. Default: false. */
  readonly onlyInSidecar?: boolean;
  /**
   * True where nobody but drainctl takes a member out in this way: one that is out although the journal does not say so was
   * forgotten, and a sidecar puts it back at its start. Default: false.
   */
  readonly isOnlyOurs?: boolean;
  /** True where being out ends with the process: one that was started anew takes work by itself. Default: false. */
  readonly endsWithProcess?: boolean;
  /** One round trip for all members. An unknown member is an answer (`missing`), not an error. */
  state(members: readonly Member[], signal: AbortSignal): Promise<MemberState[]>;
  /**
   * Takes members out and resolves when the pool has confirmed it. The caller has read {@link state} and written
   * `before` to the journal. A member that is out already, by whoever's hand, is left as it is.
   */
  depool(members: readonly Depool<Member>[], signal: AbortSignal): Promise<void>;
  /**
   * Resolves when a member that was taken out truly gets no more new work, where that can be observed. Whoever waits does so
   * no longer than {@link settleMs}. Rejects only with the reason of `signal`. Where it is absent, `settleMs` is waited.
   */
  settled?(member: Member, signal: AbortSignal): Promise<void>;
  /** Puts members back to `before`. What somebody else did to a member in the meantime is left as it is. */
  repool(members: readonly Repool<Member>[], signal: AbortSignal): Promise<void>;
  /**
   * True where a member that is out, as `now` says, is out in another way than {@link depool} takes it from `before`: by an
   * operator's hand. Both are a {@link MemberState.before}. Changes nothing and asks nobody. Where it is absent, nobody can tell.
   */
  isOtherHand?(before: Json, now: Json): boolean;
  /**
   * What would keep this address from doing its work although it answers, such as a socket without the right to change
   * anything. Changes nothing. Where it is absent, there is nothing to tell.
   */
  check?(members: readonly Member[], signal: AbortSignal): Promise<readonly PoolProblem[]>;
  /** Who else does the work of a member. There where the driver declares `countsCapacity`. */
  readonly capacity?: PoolCapacity<Member>;
  /** Frees what the driver holds open, if anything. */
  close?(): void;
}

/** Tells of the servers among which a pool shares the work of a member. */
export interface PoolCapacity<Member> {
  /** The name of the group of servers that the member belongs to, such as a backend. Asks nobody. */
  groupOf(member: Member): string;
  /** The member's own name in {@link servers}. Asks nobody. */
  nameOf(member: Member): string;
  /**
   * For each member all servers of its group, the member itself and those of other hosts included; not those that are
   * there only for when all others have gone (backup servers). One round trip for all. Rejects as the pool's other methods do.
   */
  servers(members: readonly Member[], signal: AbortSignal): Promise<readonly (readonly Server[])[]>;
  /**
   * The names of those that were out already in the moment that this member was taken out, as the pool itself saw it;
   * undefined: not known. Asks nobody: the answer to {@link Pool.depool} told. Of two that were taken out by different
   * hosts at least one has the other among these.
   */
  outBefore(member: Member): ReadonlySet<string> | undefined;
}

/** One server of a group, as one address sees it. */
export interface Server {
  /** Unique in its group, and the same at every address. */
  readonly name: string;
  /** `in` and sure of it: it gets work, and nothing says that it is on its way down. What is not known is not available. */
  readonly available: boolean;
  readonly placement: Placement;
  /** In the pool's own words. */
  readonly text: string;
}

/** What {@link Pool.check} finds, for `drainctl check`. */
export interface PoolProblem {
  /** What is wrong, and what comes of it. */
  readonly message: string;
  /** What to run or change. */
  readonly remedy: string;
}

/** A member to take out. */
export interface Depool<Member> {
  readonly member: Member;
  /** How long this member has been out by our hand, in milliseconds: drivers may tighten with time (HAProxy's `maint_after`). */
  readonly outForMs: number;
  /** What for, in a word: the run's action (`restart`), or what befell the process (`crashed`). */
  readonly reason?: string | undefined;
}

/** A member to put back. */
export interface Repool<Member> {
  readonly member: Member;
  /** From the {@link MemberState} that was read before it was taken out. */
  readonly before: Json;
}

/** What a driver may use beside its own connections. */
export interface PoolServices {
  /** Sends a signal to a process through supervisord. Rejects with a DrainctlError; a process that does not run is no error. */
  signalProcess(process: string, signalName: string, signal: AbortSignal): Promise<void>;
  /**
   * The pid of every process of supervisord, by `group:name`: 0 for one that does not run, undefined for one that runs
   * with a pid that is not known. One round trip. Rejects with a DrainctlError.
   */
  processPids(signal: AbortSignal): Promise<ReadonlyMap<string, number | undefined>>;
  /**
   * When the journal says that drainctl began to take this member out, in milliseconds since 1970; undefined where it
   * does not say so. For pools that can't be asked, after a restart of drainctl.
   */
  takenOutAt(address: string, label: string): number | undefined;
  /** False until the journal has been read for the first time: until then it is not known what is out. */
  readonly journalIsRead: () => boolean;
  /** Undefined where nobody answers health checks: outside the sidecar, and in one without `sidecar.http`. */
  readonly healthChecks?: HealthChecks | undefined;
  /** Undefined outside the sidecar, where nobody answers agent checks; `elsewhere`: for those who only look, and not from within it. */
  readonly agentChecks?: AgentChecks | 'elsewhere' | undefined;
}

/** What of that there is in a sidecar alone. */
export type SidecarServices = Pick<PoolServices, 'healthChecks' | 'agentChecks'>;

/** What a driver file declares; validation, `drainctl drivers`, types and the docs' tables come from it. */
export interface PoolDriver<Options extends z.ZodObject = z.ZodObject, Member extends z.ZodObject = z.ZodObject> {
  /** The name in YAML (`driver: haproxy`), and the file's name. */
  readonly name: string;
  /** One sentence: what it talks to. */
  readonly summary: string;
  /** The manual that its protocol was taken from. */
  readonly reference: string;
  /** Keys of `pools.NAME` beside `driver`; every key has a `.describe()`. */
  readonly options: Options;
  /** Keys of a member beside `pool`; every key has a `.describe()`. */
  readonly member: Member;
  /** A complete configuration (`pools:` and `programs:`) that a test loads. */
  readonly example: string;
  /** True where its pools have {@link Pool.capacity}, so that `min_available` may be set. Default: false. */
  readonly countsCapacity?: boolean;
  /** The option without which it has no {@link Pool.capacity}. */
  readonly countsOnlyWith?: string;
  /** True where it works through the sidecar's health endpoints, so that `sidecar.http` must be set. Default: false. */
  readonly needsHealthEndpoints?: boolean;
  /** What names the member to a person, such as `app/web_00`; unique in the pool. */
  label(member: z.output<Member>): string;
  /** One {@link Pool} for each address. Opens no connection yet. */
  open(options: z.output<Options>, services: PoolServices): readonly Pool<z.output<Member>>[];
}

/** Declares a pool driver; it only carries the types. */
export function definePool<Options extends z.ZodObject, Member extends z.ZodObject>(
  driver: PoolDriver<Options, Member>,
): PoolDriver<Options, Member> {
  return driver;
}

import pLimit from 'p-limit';
import type { CapacityRule } from '../config/config.ts';
import { DrainctlError, isDrainctlError, toDrainctlError } from '../errors.ts';
import type { Depool, Json, MemberState, Pool, PoolCapacity, Repool, Server } from '../pools/pool.ts';
import { withTimeout } from '../time.ts';
import { Batch } from './batch.ts';

/** Drivers have shorter limits of their own; a call of one that has not ended by then is given up. */
const callLimitMs = 30_000;

/** An address that can't be reached is that for everyone; any other error may lie with one member. */
const effect = { hasEffect: true, splits: (error: unknown) => !isDrainctlError(error, 'POOL_UNREACHABLE') };

/** So many members that are asked apart are changed at the same time. */
const apartLimit = 8;

/** Who else does a member's work at one address, and how many of them must be available; see `PoolCapacity`. */
export interface AddressCapacity {
  readonly rule: CapacityRule;
  groupOf(member: object): string;
  nameOf(member: object): string;
  servers(member: object, signal: AbortSignal): Promise<readonly Server[]>;
  outBefore(member: object): ReadonlySet<string> | undefined;
}

/** One address of a pool, shared by all processes: what they ask in the same moment goes out in one round trip. */
export class PoolAddress {
  readonly pool: string;
  readonly address: string;
  readonly settleMs: number;
  readonly counts: boolean;
  readonly tightensAfterMs: number;
  readonly endsWithProcess: boolean;
  readonly isOnlyOurs: boolean;
  /** Undefined where no minimum is set. */
  readonly capacity: AddressCapacity | undefined;
  readonly #driver: Pool;
  readonly #onFailure: (error: DrainctlError) => void;
  /** One change at a time, so that the order in which they were asked for is the order in which they happen. */
  readonly #inTurn: ReturnType<typeof pLimit>;
  readonly #joins: boolean;
  readonly #states: Batch<object, MemberState>;
  readonly #depools: Batch<Depool<object>, undefined>;
  readonly #repools: Batch<Repool<object>, undefined>;

  /** `onFailure` is told of each round trip that failed. `rule`: the pool's minimum, where one is set. */
  constructor(
    pool: string,
    driver: Pool,
    onFailure: (error: DrainctlError) => void = () => {},
    rule?: CapacityRule | undefined,
  ) {
    this.pool = pool;
    this.address = driver.address;
    this.settleMs = driver.settleMs;
    this.counts = driver.counts;
    this.tightensAfterMs = driver.tightensAfterMs ?? Number.POSITIVE_INFINITY;
    this.endsWithProcess = driver.endsWithProcess ?? false;
    this.isOnlyOurs = driver.isOnlyOurs ?? false;
    this.#driver = driver;
    this.#onFailure = onFailure;
    this.#joins = driver.apart !== true;
    this.#inTurn = pLimit(driver.changesAtOnce ?? (this.#joins ? 1 : apartLimit));
    this.#states = new Batch((members, signal) => this.#inTime(signal, (limited) => driver.state(members, limited)), {
      joins: this.#joins,
    });
    this.capacity = rule && driver.capacity && this.#countedBy(driver.capacity, rule);
    this.#depools = this.#changes((members, signal) => driver.depool(members, signal));
    this.#repools = this.#changes((members, signal) => driver.repool(members, signal));
  }

  /** Where the member stands. */
  state(member: object, signal: AbortSignal): Promise<MemberState> {
    return this.#states.add(member, signal);
  }

  /** Takes the member out; resolves when the pool has confirmed it. A call that was sent is waited for, also on abort. */
  async depool(member: object, outForMs: number, signal: AbortSignal, reason?: string): Promise<void> {
    await this.#depools.add({ member, outForMs, reason }, signal);
  }

  /** True where {@link settled} resolves as soon as a member gets no more new work. */
  get observesSettling(): boolean {
    return this.#driver.settled !== undefined;
  }

  /** Resolves when a member that was taken out gets no more new work, where that can be observed; see `Pool.settled`. */
  async settled(member: object, signal: AbortSignal): Promise<void> {
    await this.#driver.settled?.(member, signal);
  }

  /** Puts the member back to the state it had before. */
  async repool(member: object, before: Repool<object>['before'], signal: AbortSignal): Promise<void> {
    await this.#repools.add({ member, before }, signal);
  }

  /** True where a member that is out is so by somebody else's hand, as far as the driver can tell. */
  isOtherHand(before: Json, now: Json): boolean {
    return this.#driver.isOtherHand?.(before, now) ?? false;
  }

  /** Frees what the driver holds open. */
  close(): void {
    this.#driver.close?.();
  }

  #changes<Item>(change: (items: readonly Item[], signal: AbortSignal) => Promise<void>): Batch<Item, undefined> {
    return new Batch(
      async (items, signal) => {
        await this.#inTurn(() => this.#inTime(signal, (limited) => change(items, limited)));
        return items.map(() => undefined);
      },
      { ...effect, joins: this.#joins },
    );
  }

  #countedBy(driver: PoolCapacity<object>, rule: CapacityRule): AddressCapacity {
    const counts = new Batch(
      (members: readonly object[], signal) => this.#inTime(signal, (limited) => driver.servers(members, limited)),
      { joins: this.#joins },
    );
    return {
      rule,
      groupOf: (member) => driver.groupOf(member),
      nameOf: (member) => driver.nameOf(member),
      servers: (member, signal) => counts.add(member, signal),
      outBefore: (member) => driver.outBefore(member),
    };
  }

  async #inTime<T>(signal: AbortSignal, work: (limited: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await withTimeout(callLimitMs, signal, () => this.#tooLate(), work);
    } catch (error) {
      if (!signal.aborted) this.#onFailure(toDrainctlError(error));
      throw error;
    }
  }

  #tooLate(): DrainctlError {
    const message = `Pool "${this.pool}" at ${this.address} did not answer within ${callLimitMs / 1_000} s.`;
    return new DrainctlError('POOL_UNREACHABLE', message, { hint: 'See whether it hangs.' });
  }
}

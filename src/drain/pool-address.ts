import pLimit from 'p-limit';
import { DrainctlError, isDrainctlError, toDrainctlError } from '../errors.ts';
import type { Depool, MemberState, Pool, Repool } from '../pools/pool.ts';
import { withTimeout } from '../time.ts';
import { Batch } from './batch.ts';

/** Drivers have shorter limits of their own; a call of one that has not ended by then is given up. */
const callLimitMs = 30_000;

/** An address that can't be reached is that for everyone; any other error may lie with one member. */
const effect = { hasEffect: true, splits: (error: unknown) => !isDrainctlError(error, 'POOL_UNREACHABLE') };

/** So many members that are asked apart are changed at the same time. */
const apartLimit = 8;

/** One address of a pool, shared by all processes: what they ask in the same moment goes out in one round trip. */
export class PoolAddress {
  readonly pool: string;
  readonly address: string;
  readonly settleMs: number;
  readonly counts: boolean;
  readonly tightensAfterMs: number;
  readonly endsWithProcess: boolean;
  readonly #driver: Pool;
  readonly #onFailure: (error: DrainctlError) => void;
  /** One change at a time, so that the order in which they were asked for is the order in which they happen. */
  readonly #inTurn: ReturnType<typeof pLimit>;
  readonly #joins: boolean;
  readonly #states: Batch<object, MemberState>;
  readonly #depools: Batch<Depool<object>, undefined>;
  readonly #repools: Batch<Repool<object>, undefined>;

  /** `onFailure` is told of each round trip that failed. */
  constructor(pool: string, driver: Pool, onFailure: (error: DrainctlError) => void = () => {}) {
    this.pool = pool;
    this.address = driver.address;
    this.settleMs = driver.settleMs;
    this.counts = driver.counts;
    this.tightensAfterMs = driver.tightensAfterMs ?? Number.POSITIVE_INFINITY;
    this.endsWithProcess = driver.endsWithProcess ?? false;
    this.#driver = driver;
    this.#onFailure = onFailure;
    this.#joins = driver.apart !== true;
    this.#inTurn = pLimit(this.#joins ? 1 : apartLimit);
    this.#states = new Batch((members, signal) => this.#inTime(signal, (limited) => driver.state(members, limited)), {
      joins: this.#joins,
    });
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

  /** Puts the member back to the state it had before. */
  async repool(member: object, before: Repool<object>['before'], signal: AbortSignal): Promise<void> {
    await this.#repools.add({ member, before }, signal);
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

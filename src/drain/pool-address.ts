import { isDrainctlError } from '../errors.ts';
import type { Depool, MemberState, Pool, Repool } from '../pools/pool.ts';
import { Batch } from './batch.ts';

/** One address of a pool, shared by all processes: what they ask in the same moment goes out in one round trip. */
export class PoolAddress {
  readonly pool: string;
  readonly address: string;
  readonly settleMs: number;
  readonly counts: boolean;
  readonly tightensAfterMs: number;
  readonly #driver: Pool;
  readonly #states: Batch<object, MemberState>;
  readonly #depools: Batch<Depool<object>, undefined>;
  readonly #repools: Batch<Repool<object>, undefined>;

  constructor(pool: string, driver: Pool) {
    this.pool = pool;
    this.address = driver.address;
    this.settleMs = driver.settleMs;
    this.counts = driver.counts;
    this.tightensAfterMs = driver.tightensAfterMs ?? Number.POSITIVE_INFINITY;
    this.#driver = driver;
    this.#states = new Batch((members, signal) => driver.state(members, signal));
    this.#depools = new Batch(async (members, signal) => {
      await driver.depool(members, signal);
      return members.map(() => undefined);
    }, effect);
    this.#repools = new Batch(async (members, signal) => {
      await driver.repool(members, signal);
      return members.map(() => undefined);
    }, effect);
  }

  /** Where the member stands. */
  state(member: object, signal: AbortSignal): Promise<MemberState> {
    return this.#states.add(member, signal);
  }

  /** Takes the member out; resolves when the pool has confirmed it. A call that was sent is waited for, also on abort. */
  async depool(member: object, outForMs: number, signal: AbortSignal): Promise<void> {
    await this.#depools.add({ member, outForMs }, signal);
  }

  /** Puts the member back to the state it had before. */
  async repool(member: object, before: Repool<object>['before'], signal: AbortSignal): Promise<void> {
    await this.#repools.add({ member, before }, signal);
  }

  /** Frees what the driver holds open. */
  close(): void {
    this.#driver.close?.();
  }
}

/** An address that can't be reached is that for everyone; any other error may lie with one member. */
const effect = { hasEffect: true, splits: (error: unknown) => !isDrainctlError(error, 'POOL_UNREACHABLE') };

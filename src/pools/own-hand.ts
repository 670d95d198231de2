import type { PoolServices } from './pool.ts';

/**
 * What is known of members that their pool can't be asked about: what drainctl itself did to them, as the journal says.
 * The journal is written before the pool is touched, and so a change that is under way or has failed may or may not
 * have come about; that member counts as in, because what may still get work is not out.
 */
export class OwnHand {
  readonly #address: string;
  readonly #services: Pick<PoolServices, 'takenOutAt'>;
  /** Since when it is not known what became of a change, in milliseconds since 1970. */
  readonly #unsureSince = new Map<string, number>();

  constructor(address: string, services: Pick<PoolServices, 'takenOutAt'>) {
    this.#address = address;
    this.#services = services;
  }

  /** True where we took it out and have not put it back. */
  isOut(label: string): boolean {
    const takenOutAtMs = this.#services.takenOutAt(this.#address, label);
    if (takenOutAtMs === undefined) return false;
    const unsureSinceMs = this.#unsureSince.get(label);
    // What another drainctl wrote later than that is news.
    return unsureSinceMs === undefined || takenOutAtMs > unsureSinceMs;
  }

  /** Does what takes the member out, and knows it to be out from then on. */
  async takeOut(label: string, work: () => Promise<void>): Promise<void> {
    this.#unsureSince.set(label, Date.now());
    await work();
    this.#unsureSince.delete(label);
  }

  /** Does what puts the member back. */
  async putBack(label: string, work: () => Promise<void>): Promise<void> {
    this.#unsureSince.set(label, Date.now());
    await work();
  }
}

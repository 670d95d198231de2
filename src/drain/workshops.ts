import type { Config } from '../config/config.ts';
import type { JournalEntry } from './journal-file.ts';
import type { Targets } from './targets.ts';
import type { Workshop } from './workshop.ts';

/** A workshop with how many work in it. */
interface Bench {
  readonly shop: Workshop;
  users: number;
}

/**
 * The workshop by the configuration in force, and those by earlier ones that are still needed: somebody works in them, or
 * the journal names an address that no later configuration has.
 */
export class Workshops {
  readonly #shared: Omit<Workshop, 'config' | 'targets' | 'findAddress'>;
  readonly #openTargets: (config: Config, earlier?: Targets) => Targets;
  #current: Bench;
  /** The latest first. */
  #earlier: readonly Bench[] = [];

  /** `openTargets` may give targets that share addresses with the `earlier` ones. */
  constructor(
    config: Config,
    shared: Omit<Workshop, 'config' | 'targets' | 'findAddress'>,
    openTargets: (config: Config, earlier?: Targets) => Targets,
  ) {
    this.#shared = shared;
    this.#openTargets = openTargets;
    this.#current = this.#open(openTargets(config), config);
  }

  /** By the configuration in force. Whoever works in it longer than for a moment uses {@link during}. */
  get current(): Workshop {
    return this.#current.shop;
  }

  /** Works to the end by the configuration in force now, or in that very `shop`, whatever is reloaded meanwhile. */
  async during<T>(work: (shop: Workshop) => Promise<T>, shop: Workshop = this.current): Promise<T> {
    const bench = this.#benches.find((candidate) => candidate.shop === shop) ?? this.#current;
    bench.users += 1;
    try {
      return await work(bench.shop);
    } finally {
      bench.users -= 1;
      this.#closeUnneeded();
    }
  }

  /** Puts another configuration in force. Where a driver refuses it, it throws, and the one before stays. */
  replace(config: Config): void {
    const next = this.#open(this.#openTargets(config, this.current.targets), config);
    this.#earlier = [this.#current, ...this.#earlier];
    this.#current = next;
    this.#closeUnneeded();
  }

  /** What is out of addresses that the configuration in force does not have. */
  get leftBehind(): readonly JournalEntry[] {
    const { targets } = this.current;
    return this.#entries.filter(({ pool, address }) => targets.findAddress(pool, address) === undefined);
  }

  /** Frees what the pools hold open. */
  close(): void {
    closeAddresses(this.#benches, []);
  }

  get #benches(): readonly Bench[] {
    return [this.#current, ...this.#earlier];
  }

  get #entries(): readonly JournalEntry[] {
    return this.#shared.journal.seen?.entries ?? [];
  }

  #open(targets: Targets, config: Config): Bench {
    const findAddress: Workshop['findAddress'] = (pool, address) =>
      targets.findAddress(pool, address) ?? this.#benchWith(pool, address)?.shop.targets.findAddress(pool, address);
    return { shop: { ...this.#shared, config, targets, findAddress }, users: 0 };
  }

  #benchWith(pool: string, address: string): Bench | undefined {
    return this.#benches.find(({ shop }) => shop.targets.findAddress(pool, address) !== undefined);
  }

  #closeUnneeded(): void {
    // What is out is not known yet: it may be out of any of them.
    if (this.#earlier.length === 0 || this.#shared.journal.seen === undefined) return;
    const named = new Set(this.#entries.map(({ pool, address }) => this.#benchWith(pool, address)));
    const isNeeded = (bench: Bench) => bench.users > 0 || named.has(bench);
    const unneeded = this.#earlier.filter((bench) => !isNeeded(bench));
    this.#earlier = this.#earlier.filter(isNeeded);
    closeAddresses(unneeded, this.#benches);
  }
}

/** Frees what only `benches` hold open. */
function closeAddresses(benches: readonly Bench[], others: readonly Bench[]): void {
  const addressesOf = (of: readonly Bench[]) => new Set(of.flatMap(({ shop }) => shop.targets.addresses));
  const needed = addressesOf(others);
  for (const address of addressesOf(benches)) if (!needed.has(address)) address.close();
}

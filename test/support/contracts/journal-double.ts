import type { Pool, PoolServices } from '../../../src/pools/pool.ts';

/** What the engine does with its journal, for pools that can't be asked: intent before effect, cleared afterwards. */
export interface JournalDouble {
  readonly takenOutAt: PoolServices['takenOutAt'];
  /** The same pool, with all that is done to it written down. */
  keep<Member extends object>(pool: Pool<Member>, label: (member: Member) => string): Pool<Member>;
  record(address: string, label: string, atMs: number): void;
  clear(): void;
}

/** An empty one. */
export function journalDouble(): JournalDouble {
  const entries = new Map<string, number>();
  const key = (address: string, label: string) => JSON.stringify([address, label]);
  return {
    takenOutAt: (address, label) => entries.get(key(address, label)),
    keep: (pool, label) => ({
      ...pool,
      async depool(members, signal) {
        for (const { member } of members) {
          const entry = key(pool.address, label(member));
          entries.set(entry, entries.get(entry) ?? Date.now());
        }
        await pool.depool(members, signal);
      },
      async repool(members, signal) {
        await pool.repool(members, signal);
        for (const { member } of members) entries.delete(key(pool.address, label(member)));
      },
    }),
    record: (address, label, atMs) => void entries.set(key(address, label), atMs),
    clear: () => entries.clear(),
  };
}

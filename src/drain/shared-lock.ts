import pLimit from 'p-limit';
import { type Lock, type LockOptions, tryLock, waitForLock } from './lock.ts';

interface Holder {
  readonly onGiveWay: LockOptions['onGiveWay'];
}

/**
 * The lock on `state_dir`, as one engine holds it: what it does beside a run joins the run's lock, and the lock is
 * free again when the last of them has released it. To other processes it is one lock.
 */
export class SharedLock {
  readonly #stateDir: string;
  /** Taking and freeing overlap with nothing: a lock that is being freed can't be joined. */
  readonly #inTurn = pLimit(1);
  readonly #holders = new Set<Holder>();
  #lock: Lock | undefined;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** As `acquireLock`: waits for another process, never for this one. */
  async acquire(doing: string, options: LockOptions): Promise<Lock> {
    return waitForLock(this.#stateDir, () => this.try(doing, options.onGiveWay), options);
  }

  /** As `tryLock`: undefined where another process has it. */
  async try(doing: string, onGiveWay: LockOptions['onGiveWay']): Promise<Lock | undefined> {
    return this.#inTurn(async () => {
      this.#lock ??= await tryLock(this.#stateDir, doing, (action) => this.#giveWay(action));
      if (this.#lock === undefined) return undefined;
      const holder = { onGiveWay };
      this.#holders.add(holder);
      return { held: true, release: () => this.#inTurn(() => this.#leave(holder)) };
    });
  }

  #giveWay(action: string): void {
    for (const holder of this.#holders) holder.onGiveWay(action);
  }

  async #leave(holder: Holder): Promise<void> {
    if (!this.#holders.delete(holder) || this.#holders.size > 0) return;
    const lock = this.#lock;
    this.#lock = undefined;
    await lock?.release();
  }
}

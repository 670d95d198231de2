import { sentence, toDrainctlError } from '../errors.ts';
import type { JournalEntry } from './journal-file.ts';
import { sayPlace } from './journal-place.ts';
import type { Lock } from './lock.ts';
import type { Run } from './run.ts';
import type { Workshop } from './workshop.ts';

/** How long another drainctl that has the lock is waited for: what is to be taken out is dead in any case. */
const lockLimitMs = 500;

/**
 * The journal for what can't wait. It shares the lock and the journal with the run that is under way. Where another
 * drainctl has the lock, only that one writes: then entries are kept in memory, for {@link recordLater}.
 */
export class BriefJournal {
  readonly #run: Run;
  readonly #shop: Workshop;
  readonly #signal: AbortSignal;
  readonly #entered: Promise<Lock | undefined>;
  readonly #unrecorded: JournalEntry[] = [];

  /** Begins to take the lock. Call {@link close} at the end. */
  constructor(run: Run, shop: Workshop, signal: AbortSignal) {
    this.#run = run;
    this.#shop = shop;
    this.#signal = signal;
    this.#entered = this.#enterSoon();
  }

  /** Resolves when the entry is on the disk, or where that has to wait, at once. */
  async record(entry: JournalEntry): Promise<void> {
    if ((await this.#entered) === undefined) {
      this.#unrecorded.push(entry);
      return;
    }
    await this.#shop.journal.record(entry);
    sayPlace(this.#run, this.#shop.journal);
  }

  /** Frees the lock and the journal. */
  async close(): Promise<void> {
    await this.#leave(await this.#entered);
  }

  /**
   * Writes down what could not be written in time, as soon as the lock is free: what is still out then, and by nobody
   * else's hand. Never rejects: what is not written down is told, because nobody puts it back.
   */
  async recordLater(): Promise<void> {
    if (this.#unrecorded.length === 0) return;
    let lock: Lock | undefined;
    try {
      lock = await this.#enter(this.#signal);
      await Promise.all(this.#unrecorded.map((entry) => this.#recordIfOut(entry)));
    } catch (error) {
      const members = this.#unrecorded.map(({ process, label, address }) => `${process} (${label} at ${address})`);
      const why = sentence(toDrainctlError(error).message);
      const message = `taken out, but not in the journal, so to be put back by hand: ${members.join(', ')}. ${why}`;
      this.#run.say({ kind: 'error', message });
    } finally {
      await this.#leave(lock);
    }
  }

  async #recordIfOut(entry: JournalEntry): Promise<void> {
    const address = this.#shop.findAddress(entry.pool, entry.address);
    // What a pool does not tell may be out, and must go back one day.
    const state = await address?.state(entry.member, this.#signal).catch(() => undefined);
    if (state === undefined || state.placement === 'out') await this.#shop.journal.record(entry);
  }

  async #enterSoon(): Promise<Lock | undefined> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(lockLimitMs)]);
    try {
      return await this.#enter(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      this.#warn('another drainctl has the lock; what is taken out is written to the journal when that one has ended');
      return undefined;
    }
  }

  async #enter(signal: AbortSignal): Promise<Lock> {
    const lock = await this.#shop.lock.acquire(this.#run.title, {
      signal,
      takeOver: undefined,
      onWait: () => {},
      onGiveWay: () => {},
      onUnlockable: (message) => this.#warn(`goes on without a lock: ${message}`),
    });
    await this.#shop.journal.open().catch((error: unknown) => {
      this.#warn(`goes on without the journal: ${toDrainctlError(error).message}`);
    });
    return lock;
  }

  async #leave(lock: Lock | undefined): Promise<void> {
    if (lock === undefined) return;
    this.#shop.journal.close();
    await lock.release();
  }

  #warn(message: string): void {
    this.#run.say({ kind: 'warning', message });
  }
}

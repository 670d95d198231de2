import { toDrainctlError } from '../errors.ts';
import { abandonable } from '../time.ts';
import type { RunDocument } from './api.ts';
import { tryLock } from './lock.ts';
import { Patience } from './patience.ts';
import { judgeRecovery, keepOut } from './recover.ts';
import { RunEnded } from './run.ts';
import type { Target } from './target.ts';
import type { Workshop } from './workshop.ts';

/** What a {@link Recoverer} asks of the engine. */
export interface RecoverySurroundings {
  /** True while a run is under way or waiting. */
  readonly isBusy: () => boolean;
  /** Begins a run that puts these back. */
  readonly putBack: (names: readonly string[]) => void;
}

/** Looks after what earlier runs, of this process or of one that died, left out. At most one look at a time. */
export class Recoverer {
  readonly #shop: Workshop;
  readonly #surroundings: RecoverySurroundings;
  readonly #patience = new Patience();
  #look: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  constructor(shop: Workshop, surroundings: RecoverySurroundings) {
    this.#shop = shop;
    this.#surroundings = surroundings;
  }

  /**
   * Puts back what was left out and what now runs and is ready; keeps out the rest. Does nothing while a run is under
   * way: that one may have taken them out.
   */
  async look(): Promise<void> {
    if (this.#look !== undefined || this.#surroundings.isBusy()) return;
    const abort = new AbortController();
    const done = this.#recover(abort.signal).catch((error: unknown) => {
      if (abort.signal.aborted) return;
      this.#shop.log.warn(`What earlier runs left out could not be looked at: ${toDrainctlError(error).message}`);
    });
    this.#look = { abort, done };
    await done;
    this.#look = undefined;
  }

  /** Ends a look that is under way: a run begins. */
  giveWay(): void {
    this.#look?.abort.abort(new RunEnded('superseded'));
  }

  /** Resolves when no look is under way. */
  async idle(): Promise<void> {
    await this.#look?.done;
  }

  /** What came of putting back decides when it is tried again. */
  learn(result: RunDocument): void {
    this.#patience.learn(result);
  }

  async #recover(signal: AbortSignal): Promise<void> {
    const { journal, world } = this.#shop;
    const { entries, holds } = await abandonable(journal.peek(), signal);
    if (entries.length === 0 && holds.length === 0) return;
    const snapshot = await world.refresh(signal);
    const { toPutBack, toKeepOut } = await judgeRecovery(await journal.peek(), snapshot, this.#shop, signal);
    if (toKeepOut.length > 0) await this.#keepOut(toKeepOut, signal);
    signal.throwIfAborted();
    const names = toPutBack.map((target) => target.info.fullName).filter((name) => this.#patience.isDue(name));
    if (names.length > 0 && !this.#surroundings.isBusy()) this.#surroundings.putBack(names);
  }

  /** Only with the lock: another drainctl may be putting them back at this moment. */
  async #keepOut(targets: readonly Target[], signal: AbortSignal): Promise<void> {
    const lock = await tryLock(this.#shop.config.stateDir, 'keep out what is on hold', () => {});
    if (lock === undefined) return;
    try {
      await keepOut(targets, await this.#shop.journal.peek(), this.#shop.log, signal);
    } finally {
      await lock.release();
    }
  }
}

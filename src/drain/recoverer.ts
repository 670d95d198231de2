import { toDrainctlError } from '../errors.ts';
import type { ProcessName } from '../supervisor/process.ts';
import { abandonable } from '../time.ts';
import { Aftermath } from './aftermath.ts';
import type { RunAction, RunDocument, RunOptions } from './api.ts';
import { Patience } from './patience.ts';
import { perform } from './perform.ts';
import { mustGoOn } from './policy.ts';
import { judgeRecovery, keepOut } from './recover.ts';
import { Run, RunEnded } from './run.ts';
import type { Target } from './target.ts';
import { sayDuration } from './wording.ts';
import type { Workshop } from './workshop.ts';
import type { Workshops } from './workshops.ts';

/** What a {@link Recoverer} asks of the engine. */
export interface RecoverySurroundings {
  /** The run that is under way; undefined: none is, nor waits. */
  readonly currentRun: () => Run | undefined;
  /** True while the process is being taken out. */
  readonly isGoing: (process: ProcessName) => boolean;
  /** Begins a run: one that puts these back, or a shutdown that is to be finished. */
  readonly begin: (action: RunAction, names: readonly string[], options: RunOptions) => void;
  /** A run beside the queue has ended. */
  readonly onEnded: (result: RunDocument) => void;
}

/** Looks after what earlier runs, of this process or of one that died, left out. At most one look at a time. */
export class Recoverer {
  readonly #shops: Workshops;
  readonly #surroundings: RecoverySurroundings;
  readonly #patience = new Patience();
  readonly #aftermath = new Aftermath();
  #beside: Run | undefined;
  #look: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  constructor(shops: Workshops, surroundings: RecoverySurroundings) {
    this.#shops = shops;
    this.#surroundings = surroundings;
  }

  /**
   * Puts back what was left out and what now runs and is ready; keeps out the rest. While a run is under way only what
   * damage control has taken out, and only where that run has nothing to do with it.
   */
  async look(): Promise<void> {
    if (this.#look !== undefined) return;
    const abort = new AbortController();
    const current = this.#surroundings.currentRun();
    const { signal } = abort;
    const work = this.#shops.during((shop) =>
      current === undefined ? this.#recover(shop, signal) : this.#recoverBeside(shop, current, signal),
    );
    const done = work.catch((error: unknown) => {
      if (signal.aborted) return;
      this.#shops.current.log.warn(
        `What earlier runs left out could not be looked at: ${toDrainctlError(error).message}`,
      );
    });
    this.#look = { abort, done };
    await done;
    this.#look = undefined;
  }

  /** What it puts back itself at this moment, beside the queue. */
  get runs(): readonly Run[] {
    return this.#beside === undefined ? [] : [this.#beside];
  }

  /** Ends a look that is under way: a run begins. */
  giveWay(): void {
    this.#look?.abort.abort(new RunEnded('superseded'));
  }

  /** Resolves when no look is under way. */
  async idle(): Promise<void> {
    await this.#look?.done;
  }

  /** How long it is until what was left out of this process may go back, in milliseconds. */
  waitMs(name: ProcessName): number {
    return this.#patience.waitMs(name);
  }

  /** What came of putting back decides when it is tried again. */
  learn(result: RunDocument): void {
    this.#patience.learn(result);
  }

  /** One that crashes again and again is put back after ever longer pauses. */
  crashed(result: RunDocument): void {
    for (const { name, outcome } of result.processes) {
      const pauseMs = outcome === 'done' ? this.#patience.crashed(name) : 0;
      if (pauseMs > 0)
        this.#shops.current.log.warn(
          `${name} went again soon after it was put back; it goes back in ${sayDuration(pauseMs)} at the earliest, or with "drainctl pool ${name}"`,
        );
    }
  }

  async #recover(shop: Workshop, signal: AbortSignal): Promise<void> {
    const { world, log } = shop;
    const shutdown = await abandonable(this.#aftermath.takeIn(shop), signal);
    if (shutdown !== undefined && this.#surroundings.currentRun() === undefined) {
      log.warn('a shutdown was under way when the sidecar was killed; it is finished now');
      return this.#surroundings.begin('shutdown', [], shutdown);
    }
    const snapshot = world.seen.snapshot ?? (await world.refresh(signal));
    await this.#aftermath.compare(shop, snapshot, signal);
    await this.#putBackAll(shop, signal);
  }

  async #putBackAll(shop: Workshop, signal: AbortSignal): Promise<void> {
    const { journal, world } = shop;
    const { entries, holds } = await abandonable(journal.peek(), signal);
    if (entries.length === 0 && holds.length === 0) return;
    const snapshot = await world.refresh(signal);
    const { toPutBack, toKeepOut } = await judgeRecovery(await journal.peek(), snapshot, shop, signal);
    if (toKeepOut.length > 0) await this.#keepOut(shop, toKeepOut, signal);
    signal.throwIfAborted();
    const names = toPutBack.map((target) => target.info.fullName).filter((name) => this.#patience.isDue(name));
    if (names.length > 0 && this.#surroundings.currentRun() === undefined)
      this.#surroundings.begin('recover', names, {});
  }

  /** A long drain must not keep out what has crashed and come back meanwhile. */
  async #recoverBeside(shop: Workshop, current: Run, signal: AbortSignal): Promise<void> {
    const itsOwn = new Set(current.progress().map(({ name }) => name));
    // Without a plan it is not known yet what it will work on.
    if (itsOwn.size === 0 || mustGoOn(current.action)) return;
    const { entries, holds } = await abandonable(shop.journal.peek(), signal);
    const others = entries.filter(({ process, reason }) => reason !== undefined && !itsOwn.has(process));
    if (others.length === 0) return;
    const snapshot = await shop.world.refresh(signal);
    const { toPutBack } = await judgeRecovery({ entries: others, holds }, snapshot, shop, signal);
    const names = toPutBack.map((target) => target.info.fullName);
    const due = names.filter((name) => this.#patience.isDue(name) && !this.#surroundings.isGoing(name));
    signal.throwIfAborted();
    if (due.length > 0) await this.#putBackBeside(shop, due, signal);
  }

  async #putBackBeside(shop: Workshop, names: readonly string[], signal: AbortSignal): Promise<void> {
    const run = new Run('recover', names, {}, shop.log);
    const end = () => run.end('superseded');
    signal.addEventListener('abort', end, { once: true });
    this.#beside = run;
    const result = await perform(run, shop);
    this.#beside = undefined;
    signal.removeEventListener('abort', end);
    this.learn(result);
    this.#surroundings.onEnded(result);
    run.finish(result);
  }

  /** Only with the lock: another drainctl may be putting them back at this moment. */
  async #keepOut(shop: Workshop, targets: readonly Target[], signal: AbortSignal): Promise<void> {
    const lock = await shop.lock.try('keep out what is on hold', () => {});
    if (lock === undefined) return;
    try {
      await keepOut(targets, await shop.journal.peek(), shop.log, signal);
    } finally {
      await lock.release();
    }
  }
}

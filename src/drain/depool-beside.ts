import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ProcessInfo, ProcessName } from '../supervisor/process.ts';
import { sleep, withTimeout } from '../time.ts';
import type { RunDocument } from './api.ts';
import { BriefJournal } from './brief-journal.ts';
import { isSameEntry } from './journal-file.ts';
import { isToBeTakenOut, type Loss, sayBypass } from './loss.ts';
import { contextFor, resultOf } from './perform.ts';
import { ProcessRun } from './process-run.ts';
import { Run } from './run.ts';
import type { Snapshot } from './snapshot.ts';
import { takeOutLost } from './take-out-lost.ts';
import { entryKey, type Target } from './target.ts';
import type { Workshop } from './workshop.ts';
import type { Workshops } from './workshops.ts';

/** Those that come while one batch is under way go out together in the next one; a pool that hangs delays them no longer than this. */
const gatherLimitMs = 250;

const retryLimitMs = 10_000;

/** Of more than so many supervisord is not asked how they ended. */
const askedAtMost = 5;
const askLimitMs = 1_000;

interface Lost {
  readonly loss: Loss;
  readonly target: Target;
}

/**
 * Takes out processes that have gone, or are going, beside the queue of runs: at once, however long the run that is
 * under way takes, and without taking the lock or the journal away from it.
 */
export class DepoolBeside {
  readonly #shops: Workshops;
  readonly #log: Log;
  readonly #onEnded: (result: RunDocument) => void;
  readonly #ending = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #recording = new Set<Promise<void>>();
  /** Those that are being taken out. */
  readonly #going = new Set<ProcessName>();
  #waiting: Loss[] = [];
  #batching: Promise<void> | undefined;

  /** `onEnded` is told of every batch of which something was taken out, or should have been. */
  constructor(shops: Workshops, log: Log, onEnded: (result: RunDocument) => void) {
    this.#shops = shops;
    this.#log = log;
    this.#onEnded = onEnded;
    // Every process that is being taken out listens to it.
    setMaxListeners(0, this.#ending.signal);
  }

  /** Has this process taken out, unless it is out already. */
  add(loss: Loss): void {
    this.#waiting.push(loss);
    this.#batching ??= this.#work().finally(() => {
      this.#batching = undefined;
    });
  }

  /** True while the process is being taken out. */
  isTakingOut(process: ProcessName): boolean {
    return this.#going.has(process);
  }

  /** Resolves when nothing is being taken out. */
  async idle(): Promise<void> {
    while (this.#batching !== undefined || this.#underWay.size > 0) {
      await this.#batching;
      await Promise.all(this.#underWay);
    }
  }

  /** Resolves when the journal has all that was taken out while another drainctl had the lock, or after `limitMs`. */
  async recorded(limitMs: number): Promise<void> {
    const all = async () => void (await Promise.all(this.#recording));
    await withTimeout(limitMs, this.#ending.signal, () => new Error('the lock is not free'), all).catch(() => {});
  }

  /** Ends what still waits for a pool or for the lock. */
  end(): void {
    this.#ending.abort(new Error('drainctl ends'));
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Events that came in one read go out together.
      await nextTurn();
      const batch = this.#waiting;
      this.#waiting = [];
      const done = this.#takeOut(batch)
        .catch((thrown: unknown) =>
          this.#log.error(`what has gone was not depooled: ${toDrainctlError(thrown).message}`),
        )
        .finally(() => this.#underWay.delete(done));
      this.#underWay.add(done);
      await Promise.race([done, sleep(gatherLimitMs)]);
    }
  }

  async #takeOut(batch: readonly Loss[]): Promise<void> {
    // The first that befell it counts: an event, and what two looks at supervisord tell of the same.
    const losses = new Map<ProcessName, Loss>();
    for (const loss of batch)
      if (!losses.has(loss.process) && !this.#going.has(loss.process)) losses.set(loss.process, loss);
    for (const name of losses.keys()) this.#going.add(name);
    try {
      await this.#shops.during((shop) => this.#takeOutLosses(shop, [...losses.values()]));
    } finally {
      for (const name of losses.keys()) this.#going.delete(name);
    }
  }

  async #takeOutLosses(shop: Workshop, losses: readonly Loss[]): Promise<void> {
    const all = await this.#stillIn(shop, losses);
    if (all.length === 0) return;
    const names = all.map(({ loss }) => loss.process);
    const bypassed = all.filter(({ loss }) => loss.kind === 'bypassed').map(({ loss }) => loss.process);
    if (bypassed.length > 0) this.#log.warn(sayBypass(bypassed, shop.config.sidecar.socket));
    const run = new Run('depool', names, {}, this.#log);
    const { signal } = this.#ending;
    // The pools are asked while the lock is being taken, because that takes the start of a process.
    const journal = new BriefJournal(run, shop, signal);
    const askInfo = (process: ProcessRun) => this.#askInfo(process.name, all.length);
    const processes = await Promise.all(
      all.map(async ({ target, loss }) => {
        const process = new ProcessRun(target, contextFor(run, shop), retryLimitMs, signal);
        await takeOutLost(process, loss, { journal, signal, retryLimitMs, askInfo });
        return process;
      }),
    ).finally(() => journal.close());
    await this.#tell(resultOf(run, processes, shop.journal));
    const recording = this.#shops
      .during(() => journal.recordLater(), shop)
      .finally(() => this.#recording.delete(recording));
    this.#recording.add(recording);
  }

  async #tell(result: RunDocument): Promise<void> {
    if (result.processes.every((process) => process.outcome === 'skipped')) return;
    await this.#shops.current.history.append(result);
    this.#onEnded(result);
  }

  /** Those of which some member is not in the journal: what is there is out already, by whichever run or drainctl. */
  async #stillIn(shop: Workshop, losses: readonly Loss[]): Promise<readonly Lost[]> {
    const [snapshot, { entries }] = await Promise.all([
      this.#snapshotWith(losses.map((loss) => loss.process)),
      shop.journal.peek(),
    ]);
    return losses.flatMap((loss) => {
      const info = snapshot.infos.find((candidate) => candidate.fullName === loss.process);
      if (info === undefined) return [];
      const { target } = shop.targets.resolve(info, snapshot);
      const isOut = target.members.every((member) =>
        entries.some((entry) => isSameEntry(entry, entryKey(loss.process, member))),
      );
      return isToBeTakenOut(loss, target) && !isOut ? [{ loss, target }] : [];
    });
  }

  /** As last seen; supervisord is asked only about processes that were not there then. */
  async #snapshotWith(names: readonly ProcessName[]): Promise<Snapshot> {
    const { world } = this.#shops.current;
    const { snapshot: seen } = world.seen;
    const isComplete = names.every((name) => seen?.infos.some((info) => info.fullName === name));
    if (seen !== undefined && isComplete) return seen;
    return world.refresh(this.#ending.signal).catch(async (error: unknown) => {
      const last = await world.lastKnown();
      if (last === undefined) throw error;
      return last;
    });
  }

  async #askInfo(name: ProcessName, count: number): Promise<ProcessInfo | undefined> {
    if (count > askedAtMost) return undefined;
    const ask = (signal: AbortSignal) => this.#shops.current.world.supervisor.getProcessInfo(name, signal);
    const late = () => new Error('no answer');
    return withTimeout(askLimitMs, this.#ending.signal, late, ask).catch(() => undefined);
  }
}

import type { ProcessName } from '../supervisor/process.ts';
import type { RunOptions } from './api.ts';
import { driftOf } from './drift.ts';
import { goneNames, inheritances } from './gone.ts';
import { takeInInterrupted } from './interrupted.ts';
import { isSameEntry } from './journal-file.ts';
import { lives, type RunRecord } from './run-files.ts';
import { askMembers } from './sample.ts';
import { isOurselves } from './self.ts';
import { setAsideOf } from './set-aside.ts';
import type { Snapshot } from './snapshot.ts';
import { entryKey, type Target } from './target.ts';
import type { Workshop } from './workshop.ts';

/** A shutdown that nobody has gone on with for longer is somebody's decision by now. */
const resumeWithinMs = 60_000;

/** Finds out what a drainctl that was killed, a damaged disk or a changed supervisord left, and says so once. */
export class Aftermath {
  readonly #told = new Set<string>();

  /** Takes in what needs no supervisord. Resolves with the shutdown that is still to be finished, if there is one. */
  async takeIn(shop: Workshop): Promise<RunOptions | undefined> {
    await shop.journal.peek();
    const hasLeft = (await shop.runFiles.left()).length > 0;
    if (!hasLeft && !shop.journal.isDamaged) return undefined;
    const records = await withLock(shop, async () => {
      if (!shop.journal.isDamaged) return takeInInterrupted(shop);
      // Opening it sets it aside.
      await shop.journal.open().finally(() => shop.journal.close());
      return takeInInterrupted(shop);
    });
    return records?.find((record) => isToBeFinished(record, Date.now()))?.options;
  }

  /** Compares the journal with supervisord's processes and with the pools. */
  async compare(shop: Workshop, snapshot: Snapshot, signal: AbortSignal): Promise<void> {
    await this.#lookForGone(shop, snapshot);
    await this.#lookAfterDamage(shop, snapshot, signal);
  }

  /** Once for each process; what a renamed one had taken out is the new one's. */
  async #lookForGone(shop: Workshop, snapshot: Snapshot): Promise<void> {
    const journal = await shop.journal.peek();
    const gone = goneNames(journal, snapshot.infos);
    if (gone.length === 0) return;
    const inherited = inheritances(journal, gone, targetsIn(shop, snapshot));
    if (inherited.length > 0) await inherit(shop, gone, snapshot);
    const left = goneNames(await shop.journal.peek(), snapshot.infos).filter((name) => this.#isNews(`gone ${name}`));
    if (left.length > 0) shop.log.warn(sayGone(left));
  }

  /** Once for each journal that was set aside: what it listed may be out still. */
  async #lookAfterDamage(shop: Workshop, snapshot: Snapshot, signal: AbortSignal): Promise<void> {
    const [latest] = await setAsideOf(shop.journal.file);
    if (latest === undefined || this.#told.has(latest)) return;
    const out = await outWithoutEntry(shop, snapshot, signal);
    this.#told.add(latest);
    if (out.length === 0) return;
    shop.log.warn(
      `The journal was damaged and is now ${latest}. Out without an entry: ${out.join('; ')}. What is to be in: "drainctl pool NAME --force". Then remove the file.`,
    );
  }

  #isNews(subject: string): boolean {
    const isNew = !this.#told.has(subject);
    this.#told.add(subject);
    return isNew;
  }
}

/** True for a shutdown of a sidecar that was killed, for whose result nobody waits, while its supervisord still runs. */
export function isToBeFinished(record: RunRecord, nowMs: number): boolean {
  const ageMs = nowMs - Date.parse(record.at);
  const isOurSupervisord = record.parent.pid === process.ppid && lives(record.parent);
  return record.action === 'shutdown' && !record.isFollowed && isOurSupervisord && ageMs < resumeWithinMs;
}

/** Undefined where another drainctl has the lock: then at the next look. */
async function withLock<T>(shop: Workshop, work: () => Promise<T>): Promise<T | undefined> {
  const lock = await shop.lock.try('look after what was left', () => {});
  if (lock === undefined) return undefined;
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

function targetsIn(shop: Workshop, snapshot: Snapshot): readonly Target[] {
  return snapshot.infos
    .filter((info) => !isOurselves(info, snapshot.configs.get(info.fullName)))
    .map((info) => shop.targets.resolve(info, snapshot).target);
}

async function inherit(shop: Workshop, gone: readonly ProcessName[], snapshot: Snapshot): Promise<void> {
  const { journal, log } = shop;
  await withLock(shop, async () => {
    try {
      await journal.open();
      for (const { from, to } of inheritances(journal.content, gone, targetsIn(shop, snapshot))) {
        await journal.record({ ...from, process: to.process });
        await journal.clear(from);
        log.info(
          `${from.label} at ${from.address} was taken out for ${from.process}, which supervisord no longer has; it is ${to.process}'s now, and goes back with it`,
        );
      }
    } finally {
      journal.close();
    }
  });
}

function sayGone(names: readonly ProcessName[]): string {
  return `supervisord no longer has ${names.join(', ')}, which drainctl has taken out or holds. "drainctl pool NAME" puts it back, with --forget it is left out and forgotten.`;
}

async function outWithoutEntry(shop: Workshop, snapshot: Snapshot, signal: AbortSignal): Promise<readonly string[]> {
  const { entries } = await shop.journal.peek();
  const all = targetsIn(shop, snapshot).map(async ({ info, members }) => {
    const answers = await askMembers(members, signal);
    const found = answers.map((answer) => {
      const { at, label } = answer.member;
      const key = entryKey(info.fullName, answer.member);
      return {
        pool: at.pool,
        address: at.address,
        label,
        state: 'error' in answer ? undefined : answer.state,
        entry: entries.find((entry) => isSameEntry(entry, key)),
        isOtherHand: () => false,
      };
    });
    const drift = driftOf(found, { nowMs: Date.now(), isChanging: false }).filter(({ kind }) => kind === 'taken_out');
    return drift.map(({ text }) => `${info.fullName} (${text})`);
  });
  return (await Promise.all(all)).flat();
}

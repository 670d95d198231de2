import type { ProcessName } from '../supervisor/process.ts';
import type { RunOptions } from './api.ts';
import { driftOf } from './drift.ts';
import { goneNames, type Inheritance, inheritances } from './gone.ts';
import { isUnfinishedShutdown, takeInInterrupted } from './interrupted.ts';
import type { Journal } from './journal.ts';
import { isSameEntry } from './journal-file.ts';
import type { RunRecord } from './run-files.ts';
import { askMembers } from './sample.ts';
import { isOurselves } from './self.ts';
import { setAsideOf } from './set-aside.ts';
import type { Snapshot } from './snapshot.ts';
import { putBackStale } from './stale.ts';
import { entryKey, type Target, type TargetMember } from './target.ts';
import type { Workshop } from './workshop.ts';

/** Finds out what a drainctl that was killed, a damaged disk or a changed supervisord left, and says so once. */
export class Aftermath {
  readonly #told = new Set<string>();
  readonly #looked = new Set<string>();

  /**
   * Takes in what needs no supervisord. Resolves with the shutdown that is still to be finished, if there is one; it stays on the
   * disk until that has begun again, so that it is found at the next look where it can't begin now.
   */
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
    await this.#lookForStale(shop, snapshot, signal);
  }

  /** Once for each member of a pool in which only drainctl takes anything out, as soon as nobody else has the lock. */
  async #lookForStale(shop: Workshop, snapshot: Snapshot, signal: AbortSignal): Promise<void> {
    const isNew = ({ at, label }: TargetMember) => !this.#looked.has(`${at.pool} ${at.address} ${label}`);
    const members = ({ members: all }: Target) => all.filter((member) => member.at.isOnlyOurs && isNew(member));
    const targets = targetsIn(shop, snapshot).map((target) => ({ ...target, members: members(target) }));
    if (targets.every((target) => target.members.length === 0)) return;
    // A hold that was lost with a damaged journal can't be told from what was forgotten.
    if ((await setAsideOf(shop.journal.file)).length > 0) return;
    await withLock(shop, async () => {
      await withJournal(shop, () => putBackStale(targets, shop, signal));
      for (const { at, label } of targets.flatMap((target) => target.members))
        this.#looked.add(`${at.pool} ${at.address} ${label}`);
    });
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
  return record.parent.pid === process.ppid && isUnfinishedShutdown(record, nowMs);
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
  await withLock(shop, () =>
    withJournal(shop, async () => {
      for (const each of inheritances(journal.content, gone, targetsIn(shop, snapshot)))
        log.info(await passOn(journal, each));
    }),
  );
}

/** Gives an entry to the process that has its member now, with the hold that keeps it out. Resolves with what to tell. */
async function passOn(journal: Journal, { from, to }: Inheritance): Promise<string> {
  const hold = journal.holdOf(from.process);
  // The hold first: without it what is out goes back.
  if (hold !== undefined && journal.holdOf(to.process) === undefined)
    await journal.hold({ ...hold, process: to.process });
  await journal.record({ ...from, process: to.process });
  await journal.clear(from);
  if (journal.entriesOf(from.process).length === 0) await journal.endHold(from.process);
  const next = journal.holdOf(to.process) === undefined ? 'goes back with it' : 'stays on hold';
  return `${from.label} at ${from.address} was taken out for ${from.process}, which supervisord no longer has; it is ${to.process}'s now, and ${next}`;
}

async function withJournal(shop: Workshop, work: () => Promise<void>): Promise<void> {
  try {
    await shop.journal.open();
    await work();
  } finally {
    shop.journal.close();
  }
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

import { toDrainctlError } from '../errors.ts';
import { withTimeout } from '../time.ts';
import { isOver, type JournalContent } from './journal-file.ts';
import type { Workshop } from './perform.ts';
import { readinessOf } from './phases/ready.ts';
import { askMembers } from './sample.ts';
import type { Target } from './target.ts';
import type { Snapshot } from './world.ts';

const lookLimitMs = 5_000;

/** What a look at the journal, supervisord and the pools found to do. */
export interface Recovery {
  /** Processes that run, are ready and are out by an earlier run's hand: they are to be put back. */
  readonly toPutBack: readonly string[];
}

/**
 * Compares the journal with what runs. Names the processes to put back, and takes members out again that the journal
 * says are out but that their pool has put back by itself (HAProxy forgets its servers' states in a reload).
 */
export async function lookForRecovery(journal: JournalContent, snapshot: Snapshot, shop: Workshop): Promise<Recovery> {
  const names = new Set(journal.entries.map((entry) => entry.process));
  const targets = snapshot.infos
    .filter((info) => names.has(info.fullName))
    .map((info) => shop.targets.resolve(info, snapshot));
  const ready = await Promise.all(targets.map((target) => isToPutBack(target, journal)));
  const toPutBack = targets.filter((_, index) => ready[index]);
  await Promise.all(
    targets.filter((target) => !toPutBack.includes(target)).map((target) => keepOut(target, journal, shop)),
  );
  return { toPutBack: toPutBack.map((target) => target.info.fullName) };
}

async function isToPutBack(target: Target, journal: JournalContent): Promise<boolean> {
  const hold = journal.holds.find((candidate) => candidate.process === target.info.fullName);
  if (hold !== undefined && !isOver(hold)) return false;
  try {
    const work = (signal: AbortSignal) => readinessOf(target, target.info, signal);
    return (await withTimeout(lookLimitMs, undefined, () => new Error('no answer'), work)).ready;
  } catch {
    return false;
  }
}

async function keepOut(target: Target, journal: JournalContent, shop: Workshop): Promise<void> {
  try {
    await withTimeout(
      lookLimitMs,
      undefined,
      () => new Error('no answer'),
      async (signal) => {
        for (const answer of await askMembers(target.members, signal)) {
          const { member } = answer;
          const isOurs = journal.entries.some(
            (entry) =>
              entry.process === target.info.fullName &&
              entry.label === member.label &&
              entry.address === member.at.address,
          );
          if (!isOurs || 'error' in answer || answer.state.placement === 'out' || answer.state.placement === 'missing')
            continue;
          await member.at.depool(member.member, 0, signal);
          shop.log.warn(
            `${target.info.fullName} was put back in ${member.label} at ${member.at.address} by something else; taken out again`,
          );
        }
      },
    );
  } catch (error) {
    shop.log.warn(`${target.info.fullName} could not be kept out: ${toDrainctlError(error).message}`);
  }
}

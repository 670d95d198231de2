import { toDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ProcessName } from '../supervisor/process.ts';
import { withTimeout } from '../time.ts';
import { isOver, isSameEntry, type JournalContent } from './journal-file.ts';
import { readinessOf } from './phases/ready.ts';
import { askMembers } from './sample.ts';
import type { Snapshot } from './snapshot.ts';
import { describeMember, entryKey, type Target } from './target.ts';
import type { Workshop } from './workshop.ts';

/** A ready check that takes longer is asked again at the next look. */
const lookLimitMs = 5_000;

/** What is to be done about what earlier runs left out. */
export interface Recovery {
  /** They run, are ready, and are not on hold. */
  readonly toPutBack: readonly Target[];
  /** They are to stay out. */
  readonly toKeepOut: readonly Target[];
}

/** Compares the journal with what runs; changes nothing. */
export async function judgeRecovery(
  journal: JournalContent,
  snapshot: Snapshot,
  shop: Workshop,
  signal: AbortSignal,
): Promise<Recovery> {
  const names = new Set([...journal.entries, ...journal.holds].map(({ process }) => process));
  const targets = snapshot.infos
    .filter((info) => names.has(info.fullName))
    .map((info) => shop.targets.resolve(info, snapshot).target);
  const verdicts = await Promise.all(
    targets.map(async (target) => isRecoverable(target, journal) && (await isReady(target, signal))),
  );
  return {
    toPutBack: targets.filter((_, index) => verdicts[index] === true),
    toKeepOut: targets.filter((_, index) => verdicts[index] !== true),
  };
}

/** True for a process that an earlier run left out, that runs now, and that is not on hold. */
export function isRecoverable(target: Target, journal: JournalContent): boolean {
  const { fullName, state } = target.info;
  const hold = journal.holds.find((candidate) => candidate.process === fullName);
  if (state !== 'RUNNING') return false;
  if (hold !== undefined) return isOver(hold);
  return journal.entries.some((entry) => entry.process === fullName);
}

/** The processes that the journal says are out, and that no hold keeps out. */
export function notOnHold({ entries, holds }: JournalContent): readonly ProcessName[] {
  const held = new Set(holds.filter((hold) => !isOver(hold)).map(({ process }) => process));
  return [...new Set(entries.map(({ process }) => process))].filter((name) => !held.has(name));
}

async function isReady(target: Target, signal: AbortSignal): Promise<boolean> {
  const look = (bounded: AbortSignal) => readinessOf(target, target.info, bounded);
  try {
    return (await withTimeout(lookLimitMs, signal, () => new Error('no answer'), look)).ready;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** Takes out again what the journal says is out, and a pool has put back by itself (HAProxy forgets its servers' states in a reload). */
export async function keepOut(
  targets: readonly Target[],
  journal: JournalContent,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const ours = targets.flatMap((target) => {
    const { fullName } = target.info;
    return target.members.filter((member) =>
      journal.entries.some((entry) => isSameEntry(entry, entryKey(fullName, member))),
    );
  });
  for (const answer of await askMembers(ours, signal)) {
    if ('error' in answer || answer.state.placement === 'out' || answer.state.placement === 'missing') continue;
    const { member } = answer;
    try {
      await member.at.depool(member.member, 0, signal);
      log.warn(`${describeMember(member)} was put back by something else, such as a reload; taken out again`);
    } catch (error) {
      signal.throwIfAborted();
      log.warn(`${describeMember(member)} could not be kept out: ${toDrainctlError(error).message}`);
    }
  }
}

import { toDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Journal } from './journal.ts';
import { askMembers } from './sample.ts';
import { describeMember, entryKey, type Target } from './target.ts';
import type { Workshop } from './workshop.ts';

/**
 * Puts back what is out although the journal does not say so, in pools where nobody but drainctl takes anything out (see
 * `Pool.isOnlyOurs`): what a drainctl with another journal, or with one that was lost, has left. Needs the lock and the
 * open journal: whoever takes something out has written it down before. A pool that fails is told.
 */
export async function putBackStale(
  targets: readonly Target[],
  { journal, log }: Pick<Workshop, 'journal' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(targets.map((target) => putBackStaleOf(target, journal, log, signal)));
}

async function putBackStaleOf(target: Target, journal: Journal, log: Log, signal: AbortSignal): Promise<void> {
  const members = target.members.filter((member) => member.at.isOnlyOurs);
  for (const answer of await askMembers(members, signal)) {
    if ('error' in answer || answer.state.placement !== 'out') continue;
    const { member } = answer;
    // Read now: what was stopped past drainctl may have been taken out since the pool was asked.
    if (journal.entry(entryKey(target.info.fullName, member)) !== undefined) continue;
    try {
      // null: it was in, as far as anybody knows.
      await member.at.repool(member.member, null, signal);
      log.warn(
        `${describeMember(member)} was out without an entry in the journal; put back, since only drainctl takes it out`,
      );
    } catch (error) {
      signal.throwIfAborted();
      log.warn(`${describeMember(member)} is out without an entry in the journal: ${toDrainctlError(error).toText()}`);
    }
  }
}

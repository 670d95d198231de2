import { toDrainctlError } from '../errors.ts';
import { askMembers } from './sample.ts';
import { describeMember, entryKey, type Target } from './target.ts';
import type { Workshop } from './workshop.ts';

/**
 * Puts back what is out although the journal does not say so, in pools where nobody but drainctl takes anything out (see
 * `Pool.isOnlyOurs`): what a drainctl with another journal, or with one that was lost, has left. Needs the lock and the
 * open journal: whoever takes something out has written it down before. A pool that fails is told.
 */
export async function putBackStale(targets: readonly Target[], shop: Workshop, signal: AbortSignal): Promise<void> {
  const { journal, log } = shop;
  const members = targets.flatMap(({ info, members: all }) =>
    all.filter((member) => member.at.isOnlyOurs && journal.entry(entryKey(info.fullName, member)) === undefined),
  );
  for (const answer of await askMembers(members, signal)) {
    if ('error' in answer || answer.state.placement !== 'out') continue;
    const { member } = answer;
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

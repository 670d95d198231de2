import type { MemberStatus, ProcessStatus } from './api.ts';
import { goneInfo, goneNames } from './gone.ts';
import type { JournalContent, JournalEntry } from './journal-file.ts';
import type { Snapshot } from './snapshot.ts';
import { processStatus, type StatusContext } from './status.ts';
import type { Target, TargetMember } from './target.ts';
import type { Workshop } from './workshop.ts';

/** The processes that the journal has, and supervisord no longer. Never rejects. */
export async function goneStatuses(
  { targets, findAddress }: Pick<Workshop, 'targets' | 'findAddress'>,
  snapshot: Snapshot,
  context: StatusContext,
): Promise<readonly ProcessStatus[]> {
  const { journal } = context;
  return Promise.all(
    goneNames(journal, snapshot.infos).map(async (name) => {
      const entries = journal.entries.filter(({ process }) => process === name);
      const { target } = targets.resolve(goneInfo(name), snapshot);
      const members = entries.flatMap((entry) => memberOf(entry, findAddress));
      const status = await processStatus(asGone(target, members), context);
      const lost = entries.filter((entry) => findAddress(entry.pool, entry.address) === undefined).map(withoutAddress);
      return { ...status, state: 'GONE', why: whyGone(status, journal), members: [...status.members, ...lost] };
    }),
  );
}

/** Nothing is known of it but what the journal tells: no probe can ask it. */
function asGone(target: Target, members: readonly TargetMember[]): Target {
  return { ...target, members, probes: undefined, ready: undefined, isGone: true };
}

function memberOf(
  { pool, address, member, label }: JournalEntry,
  findAddress: Workshop['findAddress'],
): readonly TargetMember[] {
  const at = findAddress(pool, address);
  return at === undefined ? [] : [{ at, member, label }];
}

function withoutAddress({ pool, address, label }: JournalEntry): MemberStatus {
  const text = 'the configuration no longer has this address';
  return { pool, address, member: label, placement: 'unknown', text, ours: true };
}

function whyGone({ name, run, why }: ProcessStatus, { entries, holds }: JournalContent): string {
  if (run !== '') return why;
  const pool = `"drainctl pool ${name}"`;
  const hold = holds.find(({ process }) => process === name);
  if (!entries.some(({ process }) => process === name))
    return `supervisord no longer has it, but it is on hold: ${hold?.reason ?? ''}; ${pool} ends that`;
  return `supervisord no longer has it, and drainctl has taken it out${hold === undefined ? '' : ` (on hold: ${hold.reason})`}; ${pool} puts it back, with --forget it is left out and forgotten`;
}

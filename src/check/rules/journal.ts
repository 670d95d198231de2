import { driftOf, type FoundMember } from '../../drain/drift.ts';
import { goneNames } from '../../drain/gone.ts';
import { formerPoolOf, isSameEntry } from '../../drain/journal-file.ts';
import type { AddressFacts, FactTypes } from '../facts.ts';
import { sayNames } from '../names.ts';
import { defineRule } from '../rule.ts';

/** What can't be read puts nothing back. */
export const journalReadable = defineRule({
  name: 'journal-readable',
  severity: 'error',
  looksAt: 'The journal can be read and written, and none was set aside as damaged.',
  remedy: '"drainctl status" shows what is out without an entry; "drainctl pool NAME --force" puts it back.',
  needs: ['journal'],
  check: ({ journal: { file, problem, setAside } }) => [
    ...(problem === '' ? [] : [{ target: file, message: problem }]),
    ...setAside.slice(0, 1).map((aside) => ({
      target: aside,
      severity: 'warning' as const,
      message:
        'This damaged journal was set aside: what it listed may be out still, and nothing puts it back by itself.',
      remedy: `Put back what is to be in: "drainctl pool NAME --force" for what "drainctl status" calls "not by drainctl". Then: rm ${aside}`,
    })),
  ],
});

/** Nobody puts back the members of a process that is no more. */
export const journalProcesses = defineRule({
  name: 'journal-processes',
  severity: 'warning',
  looksAt: 'supervisord has every process that drainctl has taken out or holds.',
  remedy: '"drainctl pool NAME" puts it back; "drainctl pool NAME --forget" leaves it out.',
  needs: ['journal', 'supervisord'],
  check({ journal: { content }, supervisord: { infos } }) {
    const gone = goneNames(content, infos);
    if (gone.length === 0) return [];
    const message = 'The journal has it, supervisord no longer: what drainctl has taken out of it stays out.';
    return [{ target: sayNames(gone), message }];
  },
});

/** What somebody else changed is not what drainctl believes. */
export const membersDrift = defineRule({
  name: 'members-drift',
  severity: 'warning',
  looksAt: 'Every member is in its pool, or out by the hand of drainctl, in the way that it left it.',
  remedy:
    '"drainctl pool NAME" puts back what drainctl took out, with --force also what it did not. A MAINT, where drainctl only sets DRAIN, is put back by hand.',
  needs: ['journal', 'pools', 'processes'],
  check: ({ journal, pools }) =>
    processesOf(pools).flatMap((process) =>
      driftOf(membersOf(process, pools, journal), { nowMs: Date.now(), isChanging: false }).map(({ text }) => ({
        target: process,
        message: `${text}.`,
      })),
    ),
});

function processesOf(pools: readonly AddressFacts[]): readonly string[] {
  return [...new Set(pools.flatMap(({ members }) => members.map(({ process }) => process)))];
}

function membersOf(
  process: string,
  pools: readonly AddressFacts[],
  { content }: FactTypes['journal'],
): readonly FoundMember[] {
  return pools.flatMap(({ pool, address, members, isOtherHand }) =>
    members
      .filter((member) => member.process === process)
      .map(({ label, state }) => {
        const key = { process, pool, address, label };
        const entry = content.entries.find((each) => isSameEntry(each, key));
        return { ...key, state, entry, formerPool: formerPoolOf(content.entries, key), isOtherHand };
      }),
  );
}

import type { ProcessInfo, ProcessName } from '../supervisor/process.ts';
import { type EntryKey, isSameEntry, type JournalContent, type JournalEntry } from './journal-file.ts';
import type { Snapshot } from './snapshot.ts';
import { entryKey, type Target } from './target.ts';

/** The processes that the journal has, and supervisord no longer: removed, or renamed. */
export function goneNames(
  { entries, holds }: JournalContent,
  infos: readonly Pick<ProcessInfo, 'fullName'>[],
): readonly ProcessName[] {
  const names = new Set([...entries, ...holds].map(({ process }) => process));
  for (const { fullName } of infos) names.delete(fullName);
  return [...names];
}

/** What stands for supervisord's word on a process that it no longer has. */
export function goneInfo(fullName: ProcessName): ProcessInfo {
  const [group = '', name = ''] = fullName.split(':');
  const never = { pid: 0, startedAtS: 0, stoppedAtS: 0, nowS: 0, exitStatus: 0, spawnError: '' };
  return { fullName, group, name, state: 'UNKNOWN', ...never, description: 'supervisord no longer has it' };
}

/** The snapshot with those that are gone. */
export function withGone(snapshot: Snapshot, journal: JournalContent): Snapshot {
  const names = goneNames(journal, snapshot.infos);
  return { ...snapshot, infos: [...snapshot.infos, ...names.map(goneInfo)], gone: new Set(names) };
}

/** An entry of a process that is gone, and that of the process which has the member now. */
export interface Inheritance {
  readonly from: JournalEntry;
  readonly to: EntryKey;
}

/** The entries of `gone` whose members belong to a process that supervisord has: it was renamed. */
export function inheritances(
  { entries }: JournalContent,
  gone: readonly ProcessName[],
  targets: readonly Target[],
): readonly Inheritance[] {
  const keys = targets.flatMap(({ info, members }) => members.map((member) => entryKey(info.fullName, member)));
  return entries
    .filter(({ process }) => gone.includes(process))
    .flatMap((from) =>
      keys
        .filter((key) => isSameEntry(from, { ...key, process: from.process }))
        .slice(0, 1)
        .map((to) => ({ from, to })),
    );
}

/** The entry of the same member under another process's name, which knows its state from before it was taken out. */
export function entryOfOther({ entries }: JournalContent, key: EntryKey): JournalEntry | undefined {
  return entries.find((entry) => entry.process !== key.process && isSameEntry({ ...entry, process: key.process }, key));
}

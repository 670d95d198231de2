import { DrainctlError } from '../errors.ts';
import type { SupervisordConfig } from '../supervisor/config-file.ts';
import type { IniSection } from '../supervisor/ini.ts';
import { unifiedDiff } from './diff.ts';
import type { Refusal } from './plan.ts';

/**
 * Ends an install or uninstall that would lose somebody's work.
 *
 * @throws DrainctlError `INSTALL_REFUSED` with the differences, where there are any refusals
 */
export function refuseIfChanged(refusals: readonly Refusal[], command: 'install' | 'uninstall'): void {
  if (refusals.length === 0) return;
  const told = refusals.map(
    ({ file, reason, expected, found }) => `${file} ${reason}.\n${unifiedDiff(file, expected, found).trimEnd()}`,
  );
  throw new DrainctlError('INSTALL_REFUSED', `${told.join('\n')}\nNothing was changed.`, {
    hint: `"drainctl ${command} --force" goes on, and keeps a copy of what is there.`,
    details: { files: refusals.map(({ file, reason }) => ({ file, reason })) },
  });
}

const groupSections = /^(?:program|fcgi-program|group|eventlistener):drain$/;

/**
 * Two listeners would drain the same processes twice, and of two groups of one name supervisord takes one.
 *
 * @param place the file that the listener's section is to be in
 * @throws DrainctlError `INSTALL_REFUSED`, naming file and line of the other one
 */
export function refuseOtherListener({ sections }: SupervisordConfig, place: string): void {
  for (const section of sections) {
    const elsewhere = placesOf(section).find(({ file }) => file !== place);
    if (elsewhere === undefined || !(groupSections.test(section.name) || isSidecar(section))) continue;
    const { file, line } = elsewhere;
    throw new DrainctlError(
      'INSTALL_REFUSED',
      `${file}:${line}: [${section.name}] is there already. Nothing was changed.`,
      {
        hint: isSidecar(section)
          ? 'It is a sidecar, and there may be only one: remove this section, or keep it and do without install.'
          : 'The listener is to have the name drain: give this one another.',
        details: { file, line, section: section.name },
      },
    );
  }
}

function placesOf({ file, line, entries }: IniSection): readonly { readonly file: string; readonly line: number }[] {
  return [{ file, line }, ...entries.values()];
}

function isSidecar({ name, entries }: IniSection): boolean {
  const command = entries.get('command')?.value ?? '';
  return name.startsWith('eventlistener:') && /drainctl.*\slisten(?:\s|$)/s.test(command);
}

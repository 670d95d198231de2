import { DrainctlError } from '../../errors.ts';
import { findSection, readSupervisordConfig, type SupervisordConfig } from '../../supervisor/config-file.ts';
import { findSupervisordConfig, plainStart, supervisordStartOf } from '../../supervisor/find-config.ts';
import type { IniSection } from '../../supervisor/ini.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { absent, type Fact, gather, known, type Listener } from '../facts.ts';

/** The configuration that supervisord was started with; where it does not answer, the one that it would be started with. */
export function gatherSupervisordConfig(
  supervisor: Supervisor,
  answers: boolean,
  signal: AbortSignal,
): Promise<Fact<SupervisordConfig>> {
  return gather('supervisordConfig', signal, async () => {
    if (!answers) return known(readSupervisordConfig(findSupervisordConfig()));
    if (!supervisor.url.startsWith('unix://') && !/\/\/(127\.|localhost|\[::1\])/.test(supervisor.url))
      return absent('supervisord runs on another machine');
    const start = supervisordStartOf(await supervisor.getPid(signal)) ?? plainStart;
    return known(readSupervisordConfig(findSupervisordConfig(start), { env: start.env }));
  });
}

/** The section of the listener: the group of an event listener has its name. */
export function sectionOf(config: SupervisordConfig, { info }: Listener): IniSection {
  const section = findSection(config, `eventlistener:${info.group}`);
  if (section !== undefined) return section;
  throw new DrainctlError(
    'SUPERVISOR_CONFIG',
    `${config.file} and what it includes have no [eventlistener:${info.group}], although supervisord runs it: events, buffer_size and redirect_stderr can't be checked.`,
    { hint: 'Put the section back, or name the right file to supervisord: after its next restart there is no gate.' },
  );
}

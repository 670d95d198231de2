import { isDrainctlCommand } from '../drain/self.ts';
import type { UnitProperties } from '../systemd/systemctl.ts';

/** The command lines of a unit's ExecStop=, in order, their words separated by spaces as `systemctl show` has them. */
export function stopCommands(properties: UnitProperties): readonly string[] {
  return properties
    .all('ExecStop')
    .map((value) => /(?:^|[{;]) *argv\[\]=(.*?) ; /.exec(value)?.[1] ?? '')
    .filter((command) => command !== '');
}

/** True for `drainctl shutdown`, however it is called. */
export function isDrainedShutdown(command: string): boolean {
  return isDrainctlCommand(command, 'shutdown');
}

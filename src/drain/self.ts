import { readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProcessConfig, ProcessInfo } from '../supervisor/process.ts';

/** True for an event listener that runs `drainctl listen`, by that name or by the path of this very program. */
export function isSidecar(config: Pick<ProcessConfig, 'command'>): boolean {
  return isDrainctlCommand(config.command, 'listen');
}

/** True for the program that runs `drainctl standby`. */
export function isStandby(config: Pick<ProcessConfig, 'command'>): boolean {
  return isDrainctlCommand(config.command, 'standby');
}

/** True for a command line that runs this subcommand of drainctl, called by its name or by the path of this very program. */
export function isDrainctlCommand(command: string, subcommand: string): boolean {
  const words = command.split(/\s+/);
  const index = words.indexOf(subcommand);
  return words.slice(0, Math.max(0, index)).some((word) => basename(word) === 'drainctl' || isThisProgram(word));
}

/** The same, by what the kernel says of a process on this machine: for where supervisord does not tell its configuration. */
export function runsSidecar({ pid }: Pick<ProcessInfo, 'pid'>): boolean {
  return isSidecar({ command: commandOf(pid) });
}

/** '' where there is no such process on this machine. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** True for the sidecar, its standby, and for the supervised process that we ourselves are in: a run never stops these, supervisord does. */
export function isOurselves(
  info: Pick<ProcessInfo, 'fullName' | 'pid'>,
  config: Pick<ProcessConfig, 'command'> | undefined,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  const own = `${env['SUPERVISOR_GROUP_NAME']}:${env['SUPERVISOR_PROCESS_NAME']}`;
  if (info.fullName === own) return true;
  const command = config?.command ?? commandOf(info.pid);
  return isSidecar({ command }) || isStandby({ command });
}

function isThisProgram(path: string): boolean {
  const script = process.argv[1];
  if (script === undefined || !path.startsWith('/')) return false;
  try {
    return realpathSync(path) === realpathSync(script);
  } catch {
    return false;
  }
}

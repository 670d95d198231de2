import { readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProcessConfig, ProcessInfo } from '../supervisor/process.ts';

/** True for an event listener that runs `drainctl listen`, by that name or by the path of this very program. */
export function isSidecar(config: Pick<ProcessConfig, 'command'>): boolean {
  return isDrainctlCommand(config.command, 'listen');
}

/** True for a command line that runs this subcommand of drainctl, called by its name or by the path of this very program. */
export function isDrainctlCommand(command: string, subcommand: string): boolean {
  const words = command.split(/\s+/);
  const index = words.indexOf(subcommand);
  return words.slice(0, Math.max(0, index)).some((word) => basename(word) === 'drainctl' || isThisProgram(word));
}

/** The same, by what the kernel says of a process on this machine: for where supervisord does not tell its configuration. */
export function runsSidecar({ pid }: Pick<ProcessInfo, 'pid'>): boolean {
  try {
    return isSidecar({ command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') });
  } catch {
    return false;
  }
}

/** True for the sidecar, and for the supervised process that we ourselves are in: a run never stops these, supervisord does. */
export function isOurselves(
  info: Pick<ProcessInfo, 'fullName' | 'pid'>,
  config: Pick<ProcessConfig, 'command'> | undefined,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  const own = `${env['SUPERVISOR_GROUP_NAME']}:${env['SUPERVISOR_PROCESS_NAME']}`;
  return info.fullName === own || (config === undefined ? runsSidecar(info) : isSidecar(config));
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

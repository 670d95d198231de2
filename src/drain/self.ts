import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProcessConfig } from '../supervisor/process.ts';

/** True for an event listener that runs `drainctl listen`, by that name or by the path of this very program. */
export function isSidecar(config: Pick<ProcessConfig, 'command'>): boolean {
  const words = config.command.split(/\s+/);
  const listen = words.indexOf('listen');
  return words.slice(0, Math.max(0, listen)).some((word) => basename(word) === 'drainctl' || isThisProgram(word));
}

/** True for the sidecar, and for the supervised process that we ourselves are in: a run never stops these, supervisord does. */
export function isOurselves(config: ProcessConfig | undefined, env: NodeJS.ProcessEnv = process.env): boolean {
  if (config === undefined) return false;
  const own = `${env['SUPERVISOR_GROUP_NAME']}:${env['SUPERVISOR_PROCESS_NAME']}`;
  return config.fullName === own || isSidecar(config);
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

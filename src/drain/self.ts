import type { ProcessConfig } from '../supervisor/process.ts';

/** True for an event listener that runs `drainctl listen`. */
export function isSidecar(config: ProcessConfig): boolean {
  return /(^|[\s/])(drainctl|main\.js)\s(.*\s)?listen(\s|$)/.test(config.command);
}

/** True for the sidecar, and for the supervised process that we ourselves are in: a run never stops these, supervisord does. */
export function isOurselves(config: ProcessConfig | undefined, env: NodeJS.ProcessEnv = process.env): boolean {
  if (config === undefined) return false;
  const own = `${env['SUPERVISOR_GROUP_NAME']}:${env['SUPERVISOR_PROCESS_NAME']}`;
  return config.fullName === own || isSidecar(config);
}

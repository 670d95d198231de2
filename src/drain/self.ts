import type { ProcessConfig } from '../supervisor/process.ts';

/**
 * True for the event listener that runs `drainctl listen`, and for the supervised process that we ourselves are in:
 * a run never stops it, supervisord does.
 */
export function isOwnListener(config: ProcessConfig | undefined, env: NodeJS.ProcessEnv = process.env): boolean {
  if (config === undefined) return false;
  const ourselves = `${env['SUPERVISOR_GROUP_NAME']}:${env['SUPERVISOR_PROCESS_NAME']}`;
  return config.fullName === ourselves || /(^|[\s/])(drainctl|main\.js)\s(.*\s)?listen(\s|$)/.test(config.command);
}

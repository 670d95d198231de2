import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import type { RpcEndpoint } from '../rpc/rpc.ts';
import { findSupervisor } from '../supervisor/address.ts';
import type { Command, CommandContext, OptionDefinition } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { printInstall } from './install-output.ts';
import { printJson } from './output.ts';

/** The options that install and uninstall share. */
export const installOptions: readonly OptionDefinition[] = [
  { flags: '--dry-run', description: 'show every change as a diff, and change nothing' },
  { flags: '--force', description: 'go on where a file is not as drainctl wrote it; a copy of it is kept' },
];

export const install: Command = {
  name: 'install',
  args: '',
  summary: "Write the listener's section and the systemd drop-in where this machine keeps them.",
  description:
    'Shows each change as a diff, has systemd read its units, and adds the listener to supervisord; nothing is restarted. ' +
    'A file that drainctl did not write, or that was changed since, is left alone without --force. All or nothing.',
  examples: ['drainctl install --dry-run', 'drainctl install', 'drainctl install --unit my-supervisord'],
  options: [
    ...installOptions,
    { flags: '--unit <name>', description: "supervisord's unit (default: supervisor.service or supervisord.service)" },
    { flags: '--no-systemd', description: 'leave systemd alone: the listener only' },
  ],
  async run(context, { options }) {
    const { findInstallTarget } = await import('../install/find-target.ts');
    const { install: carryOut } = await import('../install/install.ts');
    const { unit, systemd } = options;
    const target = await findInstallTarget({
      ...(await openConfig(context)),
      unit: typeof unit === 'string' ? unit : undefined,
      withSystemd: systemd !== false,
    });
    const document = await carryOut(target, { dryRun: options['dryRun'] === true, force: options['force'] === true });
    if (context.json) printJson(context.stdout, document);
    else printInstall(context.stdout, document);
    const isUp = document.listener_state === '' || document.listener_state === 'RUNNING';
    return isUp ? exitCodes.done : exitCodes.failed;
  },
};

/** The configuration, checked, and supervisord's address by it. */
export async function openConfig({
  configFile,
  env,
}: CommandContext): Promise<{ readonly config: Config; readonly endpoint: RpcEndpoint }> {
  const { loadConfig } = await import('../config/load.ts');
  const config = loadConfig(configFile, { env });
  return { config, endpoint: findSupervisor(config.supervisor, env, existsSync).endpoint };
}

import { existsSync } from 'node:fs';
import { peekConfig } from '../config/peek.ts';
import { type ConfiguredAddress, findSupervisor } from '../supervisor/address.ts';
import { createSupervisor } from '../supervisor/client.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { CommandContext } from './command.ts';

/** supervisord, at the address that the configuration or the machine tells. */
export function openSupervisor(configured: ConfiguredAddress, env: NodeJS.ProcessEnv): Supervisor {
  return createSupervisor(findSupervisor(configured, env, existsSync).endpoint);
}

/** supervisord, by the configuration of this command line. */
export async function connectSupervisor({ configFile, env }: CommandContext): Promise<Supervisor> {
  const peeked = peekConfig(configFile, { env });
  if (peeked !== undefined) return openSupervisor(peeked.supervisor, env);
  const { loadConfig } = await import('../config/load.ts');
  return openSupervisor(loadConfig(configFile, { env }).supervisor, env);
}

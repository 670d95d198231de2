import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { peekConfig } from '../config/peek.ts';
import type { DrainApi, VersionDocument } from '../drain/api.ts';
import type { Engine } from '../drain/engine.ts';
import { isDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { SidecarClient } from '../sidecar/client.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Priority } from '../systemd/priority.ts';
import type { CommandContext } from './command.ts';
import { openSupervisor } from './supervisor.ts';

/** An engine to talk to, and whose it is. */
export interface Connection {
  readonly api: DrainApi;
  readonly isSidecar: boolean;
  /** What the sidecar says of itself; undefined where there is none. */
  readonly sidecar: VersionDocument | undefined;
  /** True where a sidecar took our connection and did not answer. */
  readonly sidecarHangs: boolean;
}

/**
 * The sidecar's engine where a sidecar answers, else one of our own. A sidecar that is there but may not be used (the
 * socket's mode) is an error: two engines would be one too many.
 */
export async function connect(context: CommandContext): Promise<Connection> {
  const socket = await sidecarSocket(context);
  const client = new SidecarClient(socket);
  let sidecarHangs = false;
  try {
    if (existsSync(socket)) {
      return { api: client, isSidecar: true, sidecar: await client.getVersion(), sidecarHangs: false };
    }
  } catch (error) {
    if (!isDrainctlError(error, 'SIDECAR_UNREACHABLE') || error.details['errno'] === 'EACCES') throw error;
    sidecarHangs = error.details['hangs'] === true;
    context.stderr.write(`drainctl: ${error.message}; this command works by itself\n`, 'warning');
  }
  return { api: await openEngine(context), isSidecar: false, sidecar: undefined, sidecarHangs };
}

/** The path of the sidecar's socket. */
export async function sidecarSocket(context: CommandContext): Promise<string> {
  const peeked = peekConfig(context.configFile, { env: context.env });
  if (peeked !== undefined) return peeked.socket;
  return (await readConfig(context)).sidecar.socket;
}

/** An engine in this process, for when no sidecar answers. */
export async function openEngine(context: CommandContext): Promise<DrainApi> {
  const { Engine } = await import('../drain/engine.ts');
  const config = await readConfig(context);
  return new Engine({
    config,
    supervisor: openSupervisor(config.supervisor, context.env),
    log: plainLog(context),
    isSidecar: false,
  });
}

/**
 * An engine in this process that goes by what a sidecar saw last, for a supervisord that does not answer: `supervisor`
 * is one that is asked for nothing.
 */
export async function openLastSeenEngine(
  context: CommandContext,
  config: Config,
  supervisor: Supervisor,
  supervisordPid: number,
): Promise<Engine> {
  const { Engine } = await import('../drain/engine.ts');
  return new Engine({ config, supervisor, log: plainLog(context), isSidecar: false, lastSeen: { supervisordPid } });
}

/** The whole configuration of this command line. */
export async function readConfig({ configFile, env }: CommandContext): Promise<Config> {
  const { loadConfig } = await import('../config/load.ts');
  return loadConfig(configFile, { env });
}

/** Warnings and errors as lines on stderr. */
function plainLog({ stderr }: CommandContext): Log {
  const writeAs = (priority: Priority) => (message: string) => stderr.write(`drainctl: ${message}\n`, priority);
  return { debug() {}, info() {}, warn: writeAs('warning'), error: writeAs('error') };
}

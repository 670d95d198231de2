import { existsSync } from 'node:fs';
import { peekConfig } from '../config/peek.ts';
import type { DrainApi, VersionDocument } from '../drain/api.ts';
import { isDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { SidecarClient } from '../sidecar/client.ts';
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
    context.stderr.write(`drainctl: ${error.message}; this command works by itself\n`);
  }
  return { api: await openEngine(context), isSidecar: false, sidecar: undefined, sidecarHangs };
}

/** The path of the sidecar's socket. */
export async function sidecarSocket(context: CommandContext): Promise<string> {
  const peeked = peekConfig(context.configFile, { env: context.env });
  if (peeked !== undefined) return peeked.socket;
  const { loadConfig } = await import('../config/load.ts');
  return loadConfig(context.configFile, { env: context.env }).sidecar.socket;
}

/** An engine in this process, for when no sidecar answers. */
export async function openEngine(context: CommandContext): Promise<DrainApi> {
  const { Engine } = await import('../drain/engine.ts');
  const { loadConfig } = await import('../config/load.ts');
  const config = loadConfig(context.configFile, { env: context.env });
  return new Engine({
    config,
    supervisor: openSupervisor(config.supervisor, context.env),
    log: plainLog(context),
    isSidecar: false,
  });
}

/** Warnings and errors as lines on stderr. */
function plainLog({ stderr }: CommandContext): Log {
  const write = (message: string) => stderr.write(`drainctl: ${message}\n`);
  return { debug() {}, info() {}, warn: write, error: write };
}

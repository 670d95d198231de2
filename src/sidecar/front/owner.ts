import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SidecarConfig } from '../../config/config.ts';
import { DrainctlError } from '../../errors.ts';
import type { SocketOwner } from '../../rpc/socket-file.ts';

const run = promisify(execFile);

/** A directory service that does not answer is asked again later. */
const lookUpLimitMs = 5_000;

/** The owner and group of the socket, by number. Rejects with `RPC_LISTEN_FAILED` where this machine does not know one. */
export async function findOwner({
  socketOwner,
  socketGroup,
}: Pick<SidecarConfig, 'socketOwner' | 'socketGroup'>): Promise<SocketOwner> {
  const [uid, gid] = await Promise.all([idOf('passwd', socketOwner), idOf('group', socketGroup)]);
  return { uid, gid };
}

/** Node asks the system for no names but the process's own; getent knows what /etc/nsswitch.conf says. getent(1) */
async function idOf(database: 'passwd' | 'group', name: string | undefined): Promise<number | undefined> {
  if (name === undefined || /^\d+$/.test(name)) return name === undefined ? undefined : Number(name);
  const { stdout } = await run('getent', [database, name], { timeout: lookUpLimitMs }).catch((error: unknown) => {
    throw unknown(database, name, error);
  });
  // name:password:id:…
  const id = /^[^:]*:[^:]*:(\d+)(?::|$)/m.exec(stdout)?.[1];
  if (id === undefined) throw unknown(database, name, undefined);
  return Number(id);
}

function unknown(database: 'passwd' | 'group', name: string, cause: unknown): DrainctlError {
  const what = database === 'passwd' ? 'user' : 'group';
  const key = database === 'passwd' ? 'sidecar.socket_owner' : 'sidecar.socket_group';
  // getent ends with 2 for a name that it does not find.
  const isMissing = cause === undefined || (cause instanceof Error && 'code' in cause && cause.code === 2);
  const why = isMissing ? `this machine has no ${what} ${name}` : `the ${what} ${name} could not be looked up`;
  return new DrainctlError('RPC_LISTEN_FAILED', `cannot make the socket, because ${why}`, {
    hint: `Create the ${what}, or correct ${key}; it is tried again every few seconds.`,
    details: { name },
    cause,
  });
}

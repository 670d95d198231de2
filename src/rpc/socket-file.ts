import { chmod, chown, lstat, mkdtemp, rename, rm, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { DrainctlError } from '../errors.ts';

/** The length of sun_path less its NUL, in bytes. https://man7.org/linux/man-pages/man7/unix.7.html */
const maxPathBytes = 107;

/** How long another owner of the socket may take to accept a connection. */
const probeTimeoutMs = 2_000;

/** A Unix socket's file. */
export interface SocketFile {
  readonly path: string;
  /** Removes the file, unless another server has put its own there. */
  remove(): Promise<void>;
}

/** Whose a socket's file is, by number; undefined: the process's own. */
export interface SocketOwner {
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

/**
 * Makes `server` listen on a Unix socket. A socket file that a dead owner left behind is replaced; where a live one
 * answers, or the file is no socket, it rejects with `RPC_LISTEN_FAILED` and changes nothing.
 *
 * The umask is that of the whole process, so the socket is made in a private directory, gets its mode and owner, and is then
 * moved to `path`: at no time may anybody else connect.
 */
export async function listenOnSocketFile(
  server: Server,
  path: string,
  mode: number,
  owner: SocketOwner = {},
): Promise<SocketFile> {
  try {
    await refuseTaken(path);
    const directory = await mkdtemp(join(dirname(path), '.d'));
    try {
      const temporary = join(directory, 's');
      refuseTooLong(path.length > temporary.length ? path : temporary);
      await listen(server, temporary);
      await giveTo(temporary, owner);
      await chmod(temporary, mode);
      await rename(temporary, path);
    } catch (error) {
      server.close();
      throw error;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
    const { ino, dev } = await lstat(path);
    return { path, remove: () => removeOwn(path, ino, dev) };
  } catch (error) {
    throw error instanceof DrainctlError ? error : cannotListen(path, error);
  }
}

async function refuseTaken(path: string): Promise<void> {
  const stat = await lstatIfAny(path);
  if (stat === undefined) return;
  if (!stat.isSocket()) {
    throw new DrainctlError('RPC_LISTEN_FAILED', `${path} is no socket; it was left as it is`, {
      hint: `Move ${path} away, or set another path.`,
      details: { path },
    });
  }
  if (await isAnswered(path)) {
    throw new DrainctlError('RPC_LISTEN_FAILED', `another process listens on ${path}`, {
      hint: `End it first (\`fuser ${path}\` finds it), or set another path.`,
      details: { path },
    });
  }
}

/** True where somebody accepts a connection, or might: only a refusal is taken for a dead owner. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: probeTimeoutMs });
    const settle = (answered: boolean) => {
      resolve(answered);
      socket.destroy();
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(true));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      settle(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

function refuseTooLong(path: string): void {
  if (Buffer.byteLength(path) <= maxPathBytes) return;
  throw new DrainctlError('RPC_LISTEN_FAILED', `${path} is too long for a socket: at most ${maxPathBytes} bytes`, {
    hint: 'Set a shorter path.',
    details: { path },
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Before the mode: what only the owner was to have must not be anybody else's for a moment. */
async function giveTo(path: string, { uid, gid }: SocketOwner): Promise<void> {
  // -1 leaves it as it is. https://man7.org/linux/man-pages/man2/chown.2.html
  if (uid !== undefined || gid !== undefined) await chown(path, uid ?? -1, gid ?? -1);
}

async function removeOwn(path: string, ino: number, dev: number): Promise<void> {
  const stat = await lstatIfAny(path);
  if (stat?.ino === ino && stat.dev === dev) await unlink(path);
}

async function lstatIfAny(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function cannotListen(path: string, cause: unknown): DrainctlError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DrainctlError('RPC_LISTEN_FAILED', `cannot listen on ${path}: ${why}`, {
    hint: `Check that ${dirname(path)} exists and may be written to, or set another path.`,
    details: { path },
    cause,
  });
}

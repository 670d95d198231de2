import { constants, type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DrainctlError } from '../../errors.ts';

/** A file as it was read. */
export interface UpstreamFile {
  /** Where a symbolic link leads, which itself stays. */
  readonly path: string;
  /** One character for each byte, so that what is not ASCII comes out as it went in. */
  readonly text: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Tells this version of the file from any other. */
  readonly version: string;
  /** When it was last changed in any way, in milliseconds since 1970. */
  readonly changedAtMs: number;
}

/** Lists of servers are short; what is longer is something else. */
const maxBytes = 4 * 1024 * 1024;

/** Reads it; one that is being written is read until it stays the same. Rejects with what fs rejects with, or a DrainctlError. */
export async function readUpstreamFile(file: string): Promise<UpstreamFile> {
  const path = await realpath(file);
  // A pipe that nobody writes to must not be waited for.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await readWhole(handle, path);
  } finally {
    await handle.close();
  }
}

async function readWhole(handle: FileHandle, path: string): Promise<UpstreamFile> {
  const before = await handle.stat({ bigint: true });
  if (!before.isFile() || before.size > maxBytes) {
    throw new DrainctlError('POOL_REFUSED', `${path} is no file with the servers of an upstream.`, {
      hint: 'Correct "file" of the pool.',
    });
  }
  const bytes = Buffer.alloc(Number(before.size) + 1);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
  const after = await handle.stat({ bigint: true });
  if (after.ctimeNs !== before.ctimeNs || BigInt(bytesRead) !== after.size) throw changing(path);
  return {
    path,
    text: bytes.toString('latin1', 0, bytesRead),
    mode: Number(after.mode) & 0o7777,
    uid: Number(after.uid),
    gid: Number(after.gid),
    version: `${after.ino} ${after.ctimeNs} ${after.size}`,
    changedAtMs: Number(after.ctimeNs / 1_000_000n),
  };
}

/** Trying again helps: it is read when whoever writes it is done. */
function changing(path: string): DrainctlError {
  return new DrainctlError('POOL_UNREACHABLE', `${path} is just being written by somebody else.`, {
    hint: 'Wait until that is done.',
  });
}

/**
 * Replaces it as a whole, with owner and mode kept, where it is still as it was read; after a crash at any moment nginx
 * finds the old text or the new one. Gives the file as it is then. Whoever calls holds the lock on the folder.
 */
export async function replaceUpstreamFile(file: UpstreamFile, text: string): Promise<UpstreamFile> {
  // A pattern such as `*.conf` or `*` does not match it.
  const temporary = join(dirname(file.path), `.${basename(file.path)}.drainctl`);
  await rm(temporary, { force: true });
  try {
    await writeAs(temporary, text, file);
    // Not every editor heeds our lock.
    if ((await readUpstreamFile(file.path)).version !== file.version) throw changing(file.path);
    await rename(temporary, file.path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  return readUpstreamFile(file.path);
}

async function writeAs(path: string, text: string, { mode, uid, gid }: UpstreamFile): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(text, 'latin1');
    const own = await handle.stat();
    if (own.uid !== uid || own.gid !== gid) await handle.chown(uid, gid);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

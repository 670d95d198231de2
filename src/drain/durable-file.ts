import { randomUUID } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '../disk.ts';

/**
 * Replaces a file as a whole: after a crash or a power loss at any moment it holds the old text or the new one. Its own
 * temporary file, fsync, rename, fsync of the folder, which must be there. Rejects with what fs rejects with.
 */
export async function replaceDurably(file: string, text: string): Promise<void> {
  const dir = dirname(file);
  const temporary = join(dir, `.${basename(file, '.json')}.${process.pid}.${randomUUID()}`);
  try {
    await writeDurably(temporary, text);
    await rename(temporary, file);
    await syncFolder(dir);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

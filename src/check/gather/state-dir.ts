import { access, constants, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DrainctlError } from '../../errors.ts';
import type { StateDir } from '../facts.ts';
import { withDisk } from './files.ts';

/** The folder of journal and history; drainctl makes it where it is not there yet. */
export async function gatherStateDir(path: string): Promise<StateDir> {
  return withDisk(path, async () => {
    const existing = await nearestExisting(path);
    const { type } = await statfs(existing);
    return { path, existing, unwritable: await whyUnwritable(existing), fileSystem: type };
  });
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await access(path, constants.F_OK);
    return path;
  } catch {
    return dirname(path) === path ? path : nearestExisting(dirname(path));
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EROFS: 'its file system is read-only',
  ENOTDIR: 'it is no folder',
};

async function whyUnwritable(existing: string): Promise<string | undefined> {
  try {
    // The dot tells a folder from a file.
    await access(`${existing}/.`, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException; // as: what fs rejects with
    // The sidecar may write where we may not.
    if (code === 'EACCES' && process.getuid?.() !== 0) throw notAsThisUser(existing);
    return `${existing}: ${reasons[code] ?? message}`;
  }
}

function notAsThisUser(folder: string): DrainctlError {
  return new DrainctlError('JOURNAL_UNWRITABLE', `User ${process.getuid?.()} may not write to ${folder}.`, {
    hint: 'Run this as root, or as the user that the sidecar runs as.',
  });
}

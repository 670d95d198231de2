import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DrainctlError } from '../errors.ts';

/** Who owns a file, and its permission bits. */
export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A file as it is on disk. */
export interface FoundFile extends Ownership {
  readonly content: Buffer;
}

/** A checksum by which a file is known again. */
export function checksum(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * The file with its content; undefined where there is none.
 *
 * @throws DrainctlError `INSTALL_REFUSED` for a link, a folder and what else is no plain file, and for one that can't be read
 */
export function readFound(file: string): FoundFile | undefined {
  try {
    const stats = lstatSync(file);
    if (!stats.isFile()) throw notPlain(file, stats.isSymbolicLink());
    return { content: readFileSync(file), mode: stats.mode & permissionBits, uid: stats.uid, gid: stats.gid };
  } catch (error) {
    if (error instanceof DrainctlError) throw error;
    const { code, message } = error as NodeJS.ErrnoException; // as: what fs throws
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new DrainctlError('INSTALL_REFUSED', `${file} can't be read: ${message}. Nothing was changed.`, {
      hint: 'Run this as root.',
      details: { file },
      cause: error,
    });
  }
}

/** Without the file's type. inode(7) */
const permissionBits = 0o7777;

function notPlain(file: string, isLink: boolean): DrainctlError {
  const what = isLink ? 'a link' : 'no plain file';
  return new DrainctlError('INSTALL_REFUSED', `${file} is ${what}. Nothing was changed.`, {
    hint: 'Move it away, and run this again.',
    details: { file },
  });
}

/**
 * Puts a file in place as a whole: after a crash or power loss at any moment there is the old one or the new one. The
 * temporary file's name is one that neither supervisord's patterns nor systemd take.
 */
export function writeWhole(file: string, { content, mode, uid, gid }: FoundFile): void {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.${randomUUID()}`);
  try {
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (process.getuid?.() === 0) chownSync(temporary, uid, gid);
    chmodSync(temporary, mode);
    renameSync(temporary, file);
    syncFolder(dirname(file));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Removes a file, if it is there. */
export function removeFile(file: string): void {
  rmSync(file, { force: true });
  syncFolder(dirname(file));
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a folder and those above it; gives those that were not there, the innermost first. */
export function makeFolders(folder: string, mode: number): string[] {
  const above = existsSync(dirname(folder)) ? [] : makeFolders(dirname(folder), mode);
  try {
    mkdirSync(folder, { mode });
    return [folder, ...above];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as: what fs throws
    if (code === 'EEXIST') return above;
    throw error;
  }
}

/** Removes a folder if it is empty. True where it has gone. */
export function removeEmptyFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as: what fs throws
    if (code === 'ENOENT') return true;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EBUSY') return false;
    throw error;
  }
}

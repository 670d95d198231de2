import { join } from 'node:path';
import { DrainctlError } from '../errors.ts';
import { makeFolders, type Ownership, readFound, removeFile, writeWhole } from './files.ts';

/** Raised when the meaning of the file changes; a reader refuses a version above its own. */
const version = 1;

/** What an installed file is for. */
export type Role = 'listener' | 'drop-in';

/** A file that was there before the first install, and that `--force` has replaced. */
export interface Replaced extends Ownership {
  /** Where its content is kept. */
  readonly keptIn: string;
  readonly sha256: string;
}

/** A file that an install has written. */
export interface InstalledFile {
  readonly file: string;
  readonly role: Role;
  /** By which it is known again. Two after an install that broke off: it has the one content or the other. */
  readonly sha256: readonly string[];
  /** What was written, to show what has been changed since. */
  readonly content: string;
  readonly replaced?: Replaced;
}

/** What installs have done to this machine. Written before the files are, so that an install that breaks off can be taken back. */
export interface Manifest {
  readonly files: readonly InstalledFile[];
  /** Folders that were made, the innermost first. */
  readonly folders: readonly string[];
}

/** Nothing is installed. */
export const emptyManifest: Manifest = { files: [], folders: [] };

/** The manifest's file. */
export function manifestFile(stateDir: string): string {
  return join(stateDir, 'install.json');
}

/**
 * Reads the manifest; a missing one is empty.
 *
 * @throws DrainctlError `INSTALL_REFUSED` for one that is damaged, newer or can't be read
 */
export function readManifest(stateDir: string): Manifest {
  const file = manifestFile(stateDir);
  const found = readFound(file);
  if (found === undefined) return emptyManifest;
  const data = parse(found.content.toString());
  if (typeof data?.version === 'number' && data.version > version) {
    throw refused(file, 'was written by a newer drainctl', 'Install the newer drainctl again.');
  }
  if (data?.version !== version || !isFiles(data.files) || !isTexts(data.folders)) {
    throw refused(
      file,
      'is damaged',
      'Move it away. Then "drainctl install" tells of each file whether it is as drainctl would write it.',
    );
  }
  return { files: data.files, folders: data.folders };
}

function parse(text: string): { version?: unknown; files?: unknown; folders?: unknown } | undefined {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null ? data : undefined;
  } catch {
    return undefined;
  }
}

function isFiles(value: unknown): value is InstalledFile[] {
  return Array.isArray(value) && value.every(isFile);
}

function isFile(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { file, role, sha256, content, replaced } = value as Partial<Record<keyof InstalledFile, unknown>>; // as: all are checked
  const known = role === 'listener' || role === 'drop-in';
  const plain = isTexts([file, content]) && isTexts(sha256);
  return known && plain && (replaced === undefined || isReplaced(replaced));
}

function isReplaced(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { keptIn, sha256, mode, uid, gid } = value as Partial<Record<keyof Replaced, unknown>>; // as: all are checked
  return [keptIn, sha256].every((text) => typeof text === 'string') && [mode, uid, gid].every(Number.isInteger);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function refused(file: string, what: string, hint: string): DrainctlError {
  return new DrainctlError('INSTALL_REFUSED', `${file}, the list of what drainctl has installed, ${what}.`, {
    hint,
    details: { file },
  });
}

/** Replaces the manifest as a whole; an empty one is removed. */
export function writeManifest(stateDir: string, manifest: Manifest): void {
  const file = manifestFile(stateDir);
  if (manifest.files.length + manifest.folders.length === 0) {
    removeFile(file);
    return;
  }
  const content = Buffer.from(`${JSON.stringify({ version, ...manifest }, undefined, 1)}\n`);
  writeWhole(file, { content, mode: 0o600, ...self() });
}

/** The user and group that we run as. */
export function self(): { readonly uid: number; readonly gid: number } {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

/** Makes `state_dir`; gives the folders that were not there. */
export function makeStateDir(stateDir: string): string[] {
  return makeFolders(stateDir, 0o700);
}

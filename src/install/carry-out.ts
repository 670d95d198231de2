import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DrainctlError, isDrainctlError, sentence } from '../errors.ts';
import { type FoundFile, makeFolders, removeEmptyFolder, removeFile, writeWhole } from './files.ts';
import { type Manifest, makeStateDir, self, writeManifest } from './manifest.ts';
import type { Change } from './plan.ts';

/** Files to change, and what the manifest says before, meanwhile and after. */
export interface Work {
  readonly stateDir: string;
  readonly changes: readonly Change[];
  readonly manifest: { readonly before: Manifest; readonly meanwhile: Manifest; readonly after: Manifest };
  /** More folders that are to be there, such as that of the log. */
  readonly folders: readonly string[];
}

/** Undoes one step. */
type Undo = () => unknown;

/** What makes others (systemd, supervisord) take notice of the files. */
export interface Effects {
  apply(): Promise<void>;
  /** Makes them take notice of the files as they were, after these have been put back. */
  undo(): Promise<void>;
}

/**
 * Changes the files, then has others take notice, all or nothing: what fails on the way undoes what was done before it,
 * last step first. Intent before effect: copies of what is replaced, the manifest, the files, the effects, the manifest
 * as it then is.
 *
 * @throws DrainctlError `INSTALL_FAILED`, which says whether everything is as it was
 */
export async function carryOut(work: Work, effects: Effects): Promise<void> {
  const undo: Undo[] = [];
  let takenNotice = false;
  try {
    changeAll(work, undo);
    takenNotice = true;
    await effects.apply();
    writeManifest(work.stateDir, work.manifest.after);
  } catch (error) {
    // It is the last to be undone.
    throw failed(error, await undoAll(takenNotice ? [() => effects.undo(), ...undo] : undo));
  }
  for (const { noLongerKept } of work.changes) if (noLongerKept !== undefined) forget(noLongerKept);
}

/** Removes a copy that is of no use any more; one that stays does no harm. */
function forget(copy: string): void {
  try {
    removeFile(copy);
  } catch {
    // All that was asked for is done, and can't be undone for the sake of this.
  }
}

function changeAll({ stateDir, changes, manifest, folders }: Work, undo: Undo[]): void {
  undoFolders(undo, makeStateDir(stateDir));
  for (const { before, keptIn } of changes) {
    if (keptIn === undefined || before === undefined || existsSync(keptIn)) continue;
    undoFolders(undo, makeFolders(dirname(keptIn), 0o700));
    undo.push(() => removeFile(keptIn));
    writeWhole(keptIn, { content: before.content, mode: 0o600, ...self() });
  }
  undo.push(() => writeManifest(stateDir, manifest.before));
  writeManifest(stateDir, manifest.meanwhile);
  for (const folder of folders) undoFolders(undo, makeFolders(folder, 0o755));
  for (const { file, before, after } of changes) {
    undoFolders(undo, makeFolders(dirname(file), 0o755));
    undo.push(() => put(file, before));
    put(file, after);
  }
}

function undoFolders(undo: Undo[], made: readonly string[]): void {
  // The innermost first, so the list is undone from its end.
  for (const folder of made.toReversed()) undo.push(() => removeEmptyFolder(folder));
}

function put(file: string, content: FoundFile | undefined): void {
  if (content === undefined) removeFile(file);
  else writeWhole(file, content);
}

/** Undoes the last step first; gives what could not be undone. */
async function undoAll(undo: readonly Undo[]): Promise<string[]> {
  const problems: string[] = [];
  for (const step of undo.toReversed()) {
    try {
      await step();
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  return problems;
}

function failed(error: unknown, problems: readonly string[]): DrainctlError {
  const state =
    problems.length === 0
      ? 'Everything is as it was before.'
      : `Not everything could be put back: ${problems.map(sentence).join(' ')}`;
  const hint = isDrainctlError(error) && error.hint !== '' ? error.hint : 'Mend this, and run it again.';
  return new DrainctlError('INSTALL_FAILED', `${sentence(messageOf(error))} ${state}`, {
    hint,
    details: { problems },
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The folders of these paths that are not there yet, the innermost first. */
export function missingFolders(folders: readonly string[]): string[] {
  const missing = new Set<string>();
  for (const folder of folders) {
    for (let path = folder; !existsSync(path); path = dirname(path)) missing.add(path);
  }
  return innermostFirst([...missing]);
}

/** Folders in an order in which each comes before the one that it lies in. */
export function innermostFirst(folders: readonly string[]): string[] {
  return folders.toSorted((one, other) => other.length - one.length);
}

/**
 * Finds out before the first change whether all of it may be written.
 *
 * @throws DrainctlError `INSTALL_REFUSED`, naming the first folder that may not
 */
export function refuseUnlessWritable(folders: readonly string[]): void {
  for (const folder of folders) {
    let path = folder;
    while (!existsSync(path)) path = dirname(path);
    try {
      accessSync(path, constants.W_OK | constants.X_OK);
    } catch (cause) {
      const isRoot = self().uid === 0;
      throw new DrainctlError(
        'INSTALL_REFUSED',
        `${path} can't be written: ${messageOf(cause)}. Nothing was changed.`,
        {
          hint: isRoot ? 'Not even root may write there: is its file system mounted read-only?' : 'Run this as root.',
          details: { folder: path },
          cause,
        },
      );
    }
  }
}

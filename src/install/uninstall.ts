import { dirname, join } from 'node:path';
import type { ProcessState } from '../supervisor/process.ts';
import { uninstallNotes } from './advice.ts';
import { carryOut, type Effects, innermostFirst, refuseUnlessWritable, type Work } from './carry-out.ts';
import { changeDocument, type InstallDocument, type ListenerOutcome } from './document.ts';
import { readFound, removeEmptyFolder } from './files.ts';
import type { InstallOptions } from './install.ts';
import { removeListener, rereadIfPossible } from './listener.ts';
import { emptyManifest, type Manifest, readManifest } from './manifest.ts';
import { type Change, filesMeanwhile, planUninstall } from './plan.ts';
import { refuseIfChanged } from './refuse.ts';
import { listenerGroup, type UninstallTarget } from './target.ts';

/**
 * Takes back what installs have done: removes the files that they wrote, puts those back that `--force` had replaced,
 * has systemd read its units, and removes the listener, and no other group, from the supervisord that runs. All or
 * nothing. What no install has written is left alone.
 *
 * @throws DrainctlError `INSTALL_REFUSED`, `INSTALL_FAILED`
 */
export async function uninstall(target: UninstallTarget, options: InstallOptions): Promise<InstallDocument> {
  const { dryRun, force, signal } = options;
  const { stateDir, supervisord } = target;
  const manifest = readManifest(stateDir);
  const { changes, refusals } = planUninstall({
    manifest,
    read: readFound,
    force,
    keepIn: join(stateDir, 'replaced'),
  });
  refuseIfChanged(refusals, 'uninstall');

  const listener = listenerOutcome(target, manifest, changes, await supervisord?.listenerState(signal));
  const removal = removalOf(target, changes, listener, signal);
  const isInstalled = manifest.files.length + manifest.folders.length > 0;
  if (!dryRun && isInstalled) {
    refuseUnlessWritable([stateDir, ...changes.map(({ file }) => dirname(file))]);
    await carryOut(workOf(stateDir, changes, manifest), removal);
    for (const folder of innermostFirst(manifest.folders)) removeEmptyFolder(folder);
  }
  return {
    dry_run: dryRun,
    changes: changes.map(changeDocument),
    listener: removal.rereads || listener !== 'restored' ? listener : 'removed',
    listener_state: '',
    notes: isInstalled ? [...target.notes, ...uninstallNotes(stateDir, removal.rereads)] : target.notes,
    next: [],
  };
}

function workOf(stateDir: string, changes: readonly Change[], before: Manifest): Work {
  const meanwhile = { ...before, files: filesMeanwhile(changes, before) };
  return { stateDir, changes, folders: [], manifest: { before, meanwhile, after: emptyManifest } };
}

/** A listener that no install has put there stays. */
function listenerOutcome(
  { supervisord }: UninstallTarget,
  { files }: Manifest,
  changes: readonly Change[],
  state: ProcessState | undefined,
): ListenerOutcome {
  if (supervisord === undefined) return 'not running';
  if (state === undefined || !files.some(({ role }) => role === 'listener')) return 'unchanged';
  return changes.some(bringsBackListener) ? 'restored' : 'removed';
}

/** What has others take notice, and whether supervisord could read its files. */
interface Removal extends Effects {
  rereads: boolean;
}

function removalOf(
  { systemd, supervisord }: UninstallTarget,
  changes: readonly Change[],
  listener: ListenerOutcome,
  signal: AbortSignal | undefined,
): Removal {
  const reloads = changes.some(({ role }) => role === 'drop-in');
  const removes = listener === 'removed' || listener === 'restored';
  const removal: Removal = {
    rereads: true,
    async apply() {
      if (reloads) await systemd?.reload(signal);
      if (supervisord === undefined || !removes) return;
      await removeListener(supervisord, signal);
      removal.rereads = await rereadIfPossible(supervisord, signal);
      if (removal.rereads && listener === 'restored') await supervisord.groups.add(listenerGroup, signal);
    },
    async undo() {
      if (reloads) await systemd?.reload();
      if (supervisord === undefined || !removes) return;
      await rereadIfPossible(supervisord);
      await supervisord.groups.add(listenerGroup);
    },
  };
  return removal;
}

/** True where the file that was there before the install has a listener of this name as well. */
function bringsBackListener({ after }: Change): boolean {
  return after !== undefined && /^\[eventlistener:drain\]/m.test(after.content.toString());
}

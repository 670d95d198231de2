import { dirname, join } from 'node:path';
import type { ProcessState } from '../supervisor/process.ts';
import { installNotes, nextAfterInstall } from './advice.ts';
import { carryOut, type Effects, missingFolders, refuseUnlessWritable, type Work } from './carry-out.ts';
import { changeDocument, type InstallDocument, type ListenerOutcome } from './document.ts';
import { readFound } from './files.ts';
import { removeListener, rereadIfPossible, waitForListener } from './listener.ts';
import { type Role, readManifest } from './manifest.ts';
import { type Change, filesAfterInstall, filesMeanwhile, planInstall } from './plan.ts';
import { refuseIfChanged, refuseOtherListener } from './refuse.ts';
import { supervisorctlNotes } from './supervisorctl.ts';
import { type InstallTarget, listenerGroup, type RunningSupervisord } from './target.ts';
import { type Wanted, wantedFiles } from './wanted.ts';

/** supervisord calls it running after a second; it may take longer until it answers. */
const answerLimitMs = 10_000;

/** What was asked for. */
export interface InstallOptions {
  /** Tell what would change, and change nothing. */
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Writes the listener's section where supervisord includes it from, and the drop-in for its unit, has systemd read its
 * units, and adds the listener to the supervisord that runs. Nothing is restarted, and no other group is touched. All
 * or nothing. What is as it should be is left alone.
 *
 * @throws DrainctlError `INSTALL_REFUSED`, `INSTALL_FAILED`
 */
export async function install(target: InstallTarget, options: InstallOptions): Promise<InstallDocument> {
  const { dryRun, signal } = options;
  const { supervisord } = target;
  const wanted = wantedFiles(target);
  refuseOtherListener(target.supervisordConfig, wanted.listenerFile);
  const work = prepare(target, wanted, options.force);

  const listener = listenerOutcome(work.changes, supervisord, await supervisord?.listenerState(signal));
  let state: ProcessState | undefined;
  if (!dryRun && (work.changes.length > 0 || listener === 'loaded')) {
    refuseUnlessWritable([target.stateDir, ...work.folders, ...work.changes.map(({ file }) => dirname(file))]);
    await carryOut(work, effectsOf(target, work.changes, listener, signal));
    if (supervisord !== undefined && listener === 'loaded') state = await waitForListener(supervisord, signal);
  }
  return {
    dry_run: dryRun,
    changes: work.changes.map(changeDocument),
    listener,
    listener_state: state ?? '',
    notes: [
      ...target.notes,
      ...wanted.notes,
      ...installNotes(listener, state, wanted.logFile),
      ...(await supervisorctlNotes(target, { waitMs: state === 'RUNNING' ? answerLimitMs : 0, signal })),
    ],
    next: dryRun ? [] : nextAfterInstall(listener, target.configFile),
  };
}

/** @throws DrainctlError `INSTALL_REFUSED` for a file that is not to be touched without force */
function prepare(target: InstallTarget, wanted: Wanted, force: boolean): Work {
  const { stateDir, systemd } = target;
  const roles: readonly Role[] = systemd === undefined ? ['listener'] : ['listener', 'drop-in'];
  const before = readManifest(stateDir);
  const keepIn = join(stateDir, 'replaced');
  const { changes, refusals } = planInstall(wanted.files, roles, { manifest: before, read: readFound, force, keepIn });
  refuseIfChanged(refusals, 'install');

  const folders = [dirname(wanted.logFile)];
  const all = [...folders, ...changes.map(({ file }) => dirname(file)), stateDir, keepIn];
  const made = [...before.folders, ...missingFolders(all).filter((folder) => !before.folders.includes(folder))];
  return {
    stateDir,
    changes,
    folders,
    manifest: {
      before,
      meanwhile: { files: filesMeanwhile(changes, before), folders: made },
      after: { files: filesAfterInstall(wanted.files, roles, changes, before), folders: made },
    },
  };
}

/** What becomes of the listener by this. One that runs is never restarted: a run might be under way. */
function listenerOutcome(
  changes: readonly Change[],
  supervisord: RunningSupervisord | undefined,
  state: ProcessState | undefined,
): ListenerOutcome {
  if (supervisord === undefined) return 'not running';
  if (state === undefined) return 'loaded';
  return changes.some(({ role }) => role === 'listener') ? 'outdated' : 'unchanged';
}

function effectsOf(
  { systemd, supervisord }: InstallTarget,
  changes: readonly Change[],
  listener: ListenerOutcome,
  signal: AbortSignal | undefined,
): Effects {
  const reloads = changes.some(({ role }) => role === 'drop-in');
  return {
    async apply() {
      if (reloads) await systemd?.reload(signal);
      await supervisord?.groups.reread(signal);
      if (listener === 'loaded') await supervisord?.groups.add(listenerGroup, signal);
    },
    async undo() {
      if (reloads) await systemd?.reload();
      if (supervisord === undefined) return;
      if (listener === 'loaded') await removeListener(supervisord);
      await rereadIfPossible(supervisord);
    },
  };
}

import { DrainctlError } from '../errors.ts';
import { selectProcesses } from '../supervisor/names.ts';
import type { ProcessInfo } from '../supervisor/process.ts';
import { isSilent } from '../supervisor/silent.ts';
import { withGone } from './gone.ts';
import { mustGoOn } from './policy.ts';
import { isRecoverable } from './recover.ts';
import type { Run } from './run.ts';
import { isOurselves } from './self.ts';
import type { Snapshot } from './snapshot.ts';
import { entryKey, type Target } from './target.ts';
import type { Targets } from './targets.ts';
import type { Workshop } from './workshop.ts';
import type { World } from './world.ts';

/**
 * What a run is to work on.
 *
 * @throws DrainctlError where supervisord can't be asked and nobody has seen before what it runs, where it has no
 *   process of a name, or where an entry does not fit.
 */
export async function targetsOf(run: Run, shop: Workshop): Promise<readonly Target[]> {
  const found = await snapshotFor(run.action, shop.world, run.signal);
  const snapshot = mayMeanGone(run) ? withGone(found, shop.journal.content) : found;
  const targets = chooseTargets(run, snapshot, shop.targets, (message) => run.say({ kind: 'warning', message }));
  if (run.options.forget === true) refuseUnlessGone(targets);
  return targets.filter((target) => isWanted(run, target, shop));
}

/** Whoever wants it forgotten wants it left out, and what supervisord has goes back. */
function refuseUnlessGone(targets: readonly Target[]): void {
  const names = targets.filter(({ isGone }) => isGone !== true).map(({ info }) => info.fullName);
  if (names.length === 0) return;
  throw new DrainctlError('USAGE', `supervisord has ${names.join(', ')}, so nothing was forgotten, nor put back.`, {
    hint: '--forget is for what "drainctl status" shows as GONE. Without it "drainctl pool" puts a process back.',
  });
}

/** What supervisord no longer has can be put back and forgotten, and nothing else; who says "all" means what it has. */
function mayMeanGone({ action, names }: Pick<Run, 'action' | 'names'>): boolean {
  return action === 'pool' && !names.includes('all');
}

/** @throws DrainctlError `NO_SUCH_PROCESS` for a name that nobody has, or had when drainctl took it out. */
export async function checkChosen(
  action: Run['action'],
  names: readonly string[],
  { world, journal }: Pick<Workshop, 'world' | 'journal'>,
): Promise<void> {
  const found = await world.refresh();
  chooseProcesses(names, mayMeanGone({ action, names }) ? withGone(found, await journal.peek()) : found);
}

function isWanted(run: Run, target: Target, shop: Workshop): boolean {
  // While a recovery waited for the lock, its owner may have put them back, held or stopped them.
  if (run.action === 'recover') return isRecoverable(target, shop.journal.content);
  if (run.action !== 'depool') return true;
  // Who is named has just died. Of all others: what did not run when it was last seen has no work to keep away from it.
  return target.members.length > 0 && (run.names.length > 0 || (ran(target.info) && !isOut(run, target, shop)));
}

/**
 * True where drainctl has taken it out already. After a crash an entry in the journal tells only that it was to be: the run
 * that wrote it may have died before it came to the pool. A hold is written when it is out.
 */
function isOut(run: Run, { info, members }: Target, { journal }: Workshop): boolean {
  if (run.options.occasion === 'supervisord crashed' && journal.holdOf(info.fullName) === undefined) return false;
  return members.every((member) => journal.entry(entryKey(info.fullName, member)) !== undefined);
}

function ran({ state }: ProcessInfo): boolean {
  return state !== 'STOPPED' && state !== 'EXITED' && state !== 'FATAL';
}

/** The processes that an action goes by. While supervisord is stopping or hangs it tells nothing: then as last seen. */
export async function snapshotFor(action: Run['action'], world: World, signal?: AbortSignal): Promise<Snapshot> {
  if (action === 'gate') return orNothing(await world.lastKnownAlive());
  try {
    return await world.fresh(signal);
  } catch (error) {
    if (action !== 'depool' || !isSilent(error)) throw error;
    return orNothing(await world.lastKnown());
  }
}

function orNothing(snapshot: Snapshot | undefined): Snapshot {
  if (snapshot !== undefined) return snapshot;
  throw new DrainctlError(
    'SUPERVISOR_SHUTTING_DOWN',
    'supervisord is stopping, and was never asked before what it runs, so nothing can be drained.',
    {
      hint: 'This happens when the sidecar is started and stopped within a moment, and the kernel does not tell what supervisord runs. See that the pools have put everything out by themselves.',
    },
  );
}

/**
 * The targets of an action among the processes of a snapshot; without names all of them, never drainctl's own
 * listener. An entry that does not fit its process is an error, except where the run must go on: then the process is
 * stopped as one without an entry, and `warn` is told.
 */
export function chooseTargets(
  run: Pick<Run, 'action' | 'names'>,
  snapshot: Snapshot,
  targets: Targets,
  warn: (message: string) => void,
): readonly Target[] {
  return chooseProcesses(run.names, snapshot).map((info) => {
    const { target, problem } = targets.resolve(info, snapshot);
    if (snapshot.gone?.has(info.fullName) === true) return { ...target, isGone: true };
    if (problem !== undefined && !mustGoOn(run.action)) throw problem;
    if (problem !== undefined) warn(`goes on, undrained, although an entry does not fit: ${problem.message}`);
    return target;
  });
}

/** The processes that the names mean; all where there are none. */
export function chooseProcesses(names: readonly string[], snapshot: Snapshot): readonly ProcessInfo[] {
  const others = snapshot.infos.filter((info) => !isOurselves(info, snapshot.configs.get(info.fullName)));
  return names.length === 0 ? others : selectProcesses(names, others);
}

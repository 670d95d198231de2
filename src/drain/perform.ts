import pLimit from 'p-limit';
import { DrainctlError, sentence, toDrainctlError } from '../errors.ts';
import { selectProcesses } from '../supervisor/names.ts';
import type { ProcessInfo } from '../supervisor/process.ts';
import { type RunDocument, runActions } from './api.ts';
import { execute } from './execute.ts';
import { acquireLock, type Lock } from './lock.ts';
import { outcomeOf, summaryOf, totalCut } from './outcome.ts';
import { makePlan, type Plan } from './plan.ts';
import { mustGoOn, takesOver } from './policy.ts';
import { isRecoverable } from './recover.ts';
import { endTexts, type Run, RunEnded } from './run.ts';
import { isOurselves } from './self.ts';
import type { Snapshot } from './snapshot.ts';
import type { Target } from './target.ts';
import type { Targets } from './targets.ts';
import type { Workshop } from './workshop.ts';
import { type World, withLivePids } from './world.ts';

/**
 * Carries out a run from the lock to the history, and never rejects: what goes wrong is in the result. A shutdown
 * that got through ends supervisord itself last, after the lock is free again, because supervisord then waits for
 * the gate, which takes the lock.
 */
export async function perform(run: Run, shop: Workshop): Promise<RunDocument> {
  let lock: Lock | undefined;
  let result: RunDocument;
  try {
    lock = await lockFor(run, shop);
    await loadJournal(run, shop);
    const plan = await planFor(run, shop);
    result = await follow(plan, run, shop);
  } catch (thrown) {
    result = failure(run, thrown);
  } finally {
    await lock?.release();
  }
  // What is to happen is written down before it does: a kill in between must not lose how the drain went.
  const ends = mayEndSupervisord(run, result);
  if (ends) result = { ...result, ends_supervisord: true };
  if (isHistory(result)) await shop.history.append(result);
  return ends ? endSupervisord(run, result, shop) : result;
}

/** Not what found nothing to do, nor a recovery that is tried again and again. */
function isHistory(result: RunDocument): boolean {
  if (result.action === 'recover' && result.outcome !== 'done') return false;
  return result.processes.some((process) => process.outcome !== 'skipped');
}

async function lockFor(run: Run, shop: Workshop): Promise<Lock> {
  const warn = (message: string) => run.say({ kind: 'warning', message });
  const takeOver = mustGoOn(run.action) ? run.action : undefined;
  const lock = await acquireLock(shop.config.stateDir, run.title, {
    signal: run.signal,
    takeOver,
    onWait: (owner) => {
      const who = owner === undefined ? 'a drainctl that does not answer' : `"${owner.doing}" (pid ${owner.pid})`;
      run.say({ kind: 'info', message: `waits for ${who}` });
    },
    onGiveWay: (action) => {
      const newcomer = runActions.find((candidate) => candidate === action);
      if (newcomer !== undefined && takesOver(newcomer, run.action)) run.end('superseded');
    },
    onUnlockable: (message) => warn(`goes on without a lock: ${message}`),
  });
  if (!lock.held && takeOver !== undefined)
    warn('goes on without the lock, so another drainctl may act at the same time');
  return lock;
}

/** A journal of a newer drainctl stops a run, except one that must go on: that one then keeps its journal in memory. */
async function loadJournal(run: Run, shop: Workshop): Promise<void> {
  try {
    await shop.journal.load();
  } catch (error) {
    if (!mustGoOn(run.action)) throw error;
    run.say({ kind: 'warning', message: `goes on without the journal: ${toDrainctlError(error).message}` });
  }
}

async function planFor(run: Run, shop: Workshop): Promise<Plan> {
  const snapshot = run.action === 'gate' ? await lastSeen(shop.world) : await shop.world.fresh(run.signal);
  const targets = chooseTargets(run, snapshot, shop.targets, (message) => run.say({ kind: 'warning', message }));
  // While a recovery waited for the lock, its owner may have put them back, held or stopped them.
  const isWanted = (target: Target) => run.action !== 'recover' || isRecoverable(target, shop.journal.content);
  return makePlan(run.action, targets.filter(isWanted));
}

/** What supervisord ran when it last answered; while it is stopping it tells nothing. */
async function lastSeen(world: World): Promise<Snapshot> {
  const snapshot = await world.lastKnown();
  if (snapshot !== undefined) return withLivePids(snapshot);
  throw new DrainctlError(
    'SUPERVISOR_SHUTTING_DOWN',
    'supervisord is stopping, and was never asked before what it runs, so nothing can be drained.',
    {
      hint: 'This happens when the sidecar is started and stopped within a moment. See that the pools have put everything out by themselves.',
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

async function follow(plan: Plan, run: Run, shop: Workshop): Promise<RunDocument> {
  const { world, targets, journal, ticker } = shop;
  const processes = await execute(plan, {
    run,
    supervisor: world.supervisor,
    journal,
    ticker,
    findAddress: (pool, address) => targets.findAddress(pool, address),
    inStopTurn: pLimit(1),
    fateOf: (target, pid, signal) => world.fateOf(target, pid, signal),
  });
  const reports = processes.map((process) => process.report());
  const outcome = outcomeOf(reports);
  const cut = totalCut(reports);
  const worst = reports.find((report) => report.outcome === outcome && report.error_code !== '');
  return {
    ...runFacts(run),
    outcome,
    cut,
    message: summaryOf({ action: run.action, outcome, cut }, reports, whyEnded(run)),
    error_code: worst?.error_code ?? '',
    hint: worst?.hint ?? '',
    ends_supervisord: false,
    processes: reports,
  };
}

function whyEnded(run: Run): string {
  const { reason } = run.signal;
  return reason instanceof RunEnded ? endTexts[reason.reason] : '';
}

function runFacts(run: Run): Pick<RunDocument, 'id' | 'action' | 'names' | 'started_at' | 'ended_at'> {
  return {
    id: run.id,
    action: run.action,
    names: run.names,
    started_at: run.startedAt.toISOString(),
    ended_at: new Date().toISOString(),
  };
}

/** A run that failed or was ended before it touched anything. */
function failure(run: Run, thrown: unknown): RunDocument {
  const error: DrainctlError = toDrainctlError(thrown);
  return {
    ...runFacts(run),
    outcome: thrown instanceof RunEnded ? 'cancelled' : 'failed',
    cut: 0,
    message: sentence(error.message),
    error_code: error.code,
    hint: error.hint,
    ends_supervisord: false,
    processes: [],
  };
}

/** A shutdown ends supervisord unless it was held or cancelled; a process that could not be stopped is supervisord's to kill. */
function mayEndSupervisord(run: Run, result: RunDocument): boolean {
  if (run.action !== 'shutdown' || run.options.keepSupervisord === true || run.signal.aborted) return false;
  const wasCarriedOut = result.outcome !== 'failed' || result.processes.length > 0;
  return wasCarriedOut && result.outcome !== 'held' && result.outcome !== 'cancelled';
}

async function endSupervisord(run: Run, result: RunDocument, shop: Workshop): Promise<RunDocument> {
  try {
    await shop.world.supervisor.shutdown();
    run.say({ kind: 'info', message: 'supervisord is told to shut down' });
    return result;
  } catch (thrown) {
    const { message: why, code, hint } = toDrainctlError(thrown);
    const message = `${result.message} But supervisord could not be told to shut down: ${sentence(why)}`;
    const failed = { ...result, outcome: 'failed' as const, message, error_code: code, hint, ends_supervisord: false };
    await shop.history.append(failed);
    return failed;
  }
}

import pLimit from 'p-limit';
import { type DrainctlError, sentence, toDrainctlError } from '../errors.ts';
import { type ProcessProgress, type RunDocument, runActions } from './api.ts';
import { targetsOf } from './choose.ts';
import { execute } from './execute.ts';
import { takeInInterrupted } from './interrupted.ts';
import type { Journal } from './journal.ts';
import { sayByHand, sayPlace } from './journal-place.ts';
import type { Lock } from './lock.ts';
import { causeOf, outcomeOf, summaryOf, totalCut } from './outcome.ts';
import { makePlan, type Plan } from './plan.ts';
import { mustGoOn, takesOver } from './policy.ts';
import type { ProcessRun, RunContext } from './process-run.ts';
import { endTexts, type Run, RunEnded } from './run.ts';
import { RunCapacity } from './run-capacity.ts';
import type { KeptRecord } from './run-files.ts';
import { sayOccasion } from './wording.ts';
import type { Workshop } from './workshop.ts';

/**
 * Carries out a run from the lock to the history, and never rejects: what goes wrong is in the result. A shutdown
 * that got through ends supervisord itself last, after the lock is free again, because supervisord then waits for
 * the gate, which takes the lock.
 */
export async function perform(run: Run, shop: Workshop): Promise<RunDocument> {
  let lock: Lock | undefined;
  let record: KeptRecord | undefined;
  let result: RunDocument;
  try {
    lock = await lockFor(run, shop);
    if (lock.held) await takeInInterrupted(shop);
    if (run.options.occasion !== undefined)
      run.say({ kind: 'info', message: `${run.title} begins: ${run.options.occasion}` });
    result = await withJournal(run, shop, async () => {
      const plan = makePlan(run.action, await targetsOf(run, shop));
      run.progress = () => toDo(plan);
      if (run.action !== 'recover') record = await shop.runFiles.keep(run);
      const processes = await execute(plan, contextFor(run, shop));
      // The disk may have failed since the last member was taken out.
      sayPlace(run, shop.journal);
      return resultOf(run, processes, shop.journal);
    });
  } catch (thrown) {
    result = failure(run, thrown);
  } finally {
    await lock?.release();
  }
  // What is to happen is written down before it does: a kill in between must not lose how the drain went.
  const ends = mayEndSupervisord(run, result);
  if (ends) result = { ...result, ends_supervisord: true };
  // Whatever came of it, an earlier one that was killed is not to be finished any more: this was the latest word.
  if (run.action === 'shutdown') await takeInInterrupted(shop, () => false);
  if (isHistory(result)) await remember(run, result, shop);
  if (ends) result = await endSupervisord(run, result, shop);
  // Not before supervisord is told: killed in between, the shutdown would be forgotten.
  await record?.end();
  return result;
}

/** What a plan comes to before anything of it is done. */
function toDo(plan: Plan): readonly ProcessProgress[] {
  const targets = plan.flatMap(({ lanes }) => lanes).flatMap((lane) => lane.targets);
  const nothing = { phase: '', doing: '', in_flight: -1, elapsed_ms: 0, outcome: '' } as const;
  return targets.map(({ info, settings }) => ({ name: info.fullName, deadline_ms: settings.deadlineMs, ...nothing }));
}

/** Writes it to the history; where that can't be, whoever follows the run is told. */
async function remember(run: Run, result: RunDocument, shop: Workshop): Promise<void> {
  const problem = await shop.history.write(result);
  if (problem !== '') run.say({ kind: 'warning', message: problem });
}

/** Not what found nothing to do, nor a recovery that is tried again and again. */
function isHistory(result: RunDocument): boolean {
  if (result.action === 'recover' && result.outcome !== 'done') return false;
  return result.processes.some((process) => process.outcome !== 'skipped');
}

async function lockFor(run: Run, shop: Workshop): Promise<Lock> {
  const warn = (message: string) => run.say({ kind: 'warning', message });
  const takeOver = mustGoOn(run.action) ? run.action : undefined;
  const lock = await shop.lock.acquire(run.title, {
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

/**
 * Works with the journal as it is on the disk, or, where somebody else in this process works with it, in memory. One of a
 * newer drainctl stops a run, except one that must go on: that one then keeps its journal in memory.
 */
export async function withJournal<T>(run: Run, shop: Workshop, work: () => Promise<T>): Promise<T> {
  try {
    await shop.journal.open().catch((error: unknown) => {
      if (!mustGoOn(run.action)) throw error;
      run.say({ kind: 'warning', message: `goes on without the journal: ${toDrainctlError(error).message}` });
    });
    return await work();
  } finally {
    shop.journal.close();
  }
}

/** What the phases of a run's processes share. */
export function contextFor(run: Run, shop: Workshop): RunContext {
  const { world, findAddress, journal, ownStops, ticker } = shop;
  return {
    run,
    supervisor: world.supervisor,
    journal,
    ownStops,
    ticker,
    capacity: new RunCapacity(run.action),
    findAddress,
    inStopTurn: pLimit(1),
    fateOf: (target, pid, signal) => world.fateOf(target, pid, signal),
  };
}

/** How a run ended, from how its processes did; what is in no journal on a disk is not promised to go back. */
export function resultOf(run: Run, processes: readonly ProcessRun[], journal: Journal): RunDocument {
  const reports = processes.map((process) => process.report());
  const outcome = outcomeOf(reports);
  const cut = totalCut(reports);
  const worst = causeOf(outcome, reports);
  return {
    ...runFacts(run),
    outcome,
    cut,
    message: `${summaryOf({ action: run.action, outcome, cut }, reports, whyEnded(run))}${sayByHand(journal) || sayOccasion(run.options.occasion)}`,
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

function runFacts(run: Run): Pick<RunDocument, 'id' | 'action' | 'names' | 'occasion' | 'started_at' | 'ended_at'> {
  return {
    id: run.id,
    action: run.action,
    names: run.names,
    occasion: run.options.occasion ?? '',
    started_at: run.startedAt.toISOString(),
    ended_at: run.now.toISOString(),
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
  const { supervisor } = shop.world;
  const restarts = run.options.restartSupervisord === true;
  const what = restarts ? 'restart' : 'shut down';
  try {
    await (restarts ? supervisor.restart() : supervisor.shutdown());
    run.say({ kind: 'info', message: `supervisord is told to ${what}` });
    return result;
  } catch (thrown) {
    const { message: why, code, hint } = toDrainctlError(thrown);
    const message = `${result.message} But supervisord could not be told to ${what}: ${sentence(why)}`;
    const failed = { ...result, outcome: 'failed' as const, message, error_code: code, hint, ends_supervisord: false };
    await remember(run, failed, shop);
    return failed;
  }
}

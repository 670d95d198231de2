import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import { type DrainctlError, isDrainctlError, sentence, toDrainctlError } from '../errors.ts';
import type { Phase } from './api.ts';
import { cutBy } from './drained.ts';
import { keepOut } from './keep-out.ts';
import { acquire } from './phases/acquire.ts';
import { afterDrain } from './phases/after-drain.ts';
import { beforeStop } from './phases/before-stop.ts';
import { depool } from './phases/depool.ts';
import { drain, look } from './phases/drain.ts';
import { hold, keepOnHold } from './phases/hold.ts';
import { ready } from './phases/ready.ts';
import { release } from './phases/release.ts';
import { repool, sayLeftOut, undoDepool } from './phases/repool.ts';
import { settle } from './phases/settle.ts';
import { start } from './phases/start.ts';
import { stop } from './phases/stop.ts';
import { phasesFor } from './phases-for.ts';
import type { Lane, Plan, PlanStep } from './plan.ts';
import { atDeadline, endsRun, mustGoOn, undoes } from './policy.ts';
import { type PhaseWork, ProcessRun, type RunContext } from './process-run.ts';
import { RunEnded } from './run.ts';
import { isCounted, sayKilled, type Target } from './target.ts';
import { sayCut, sayInFlight } from './wording.ts';

/** Acquire takes out as well, and times itself. */
const work: Readonly<Record<Exclude<Phase, 'acquire'>, PhaseWork>> = {
  depool,
  settle,
  before_stop: beforeStop,
  drain,
  after_drain: afterDrain,
  stop,
  start,
  ready,
  repool,
  hold,
  release,
};

/**
 * Follows a plan, one step after another, and resolves when all of it has ended, well or not. What a run that ended
 * early took out and did not stop is put back, except what is on hold, and except when a shutdown takes over.
 */
export async function execute(plan: Plan, context: RunContext): Promise<readonly ProcessRun[]> {
  const execution = new Execution(plan, context);
  await execution.follow();
  return execution.processes;
}

class Execution {
  readonly processes: readonly ProcessRun[];
  readonly #plan: Plan;
  readonly #context: RunContext;
  /** Aborted as soon as the run is to end: cancelled from outside, or by a failure within. The first cause counts. */
  readonly #ending = new AbortController();
  /** True where the run ends with what is under way. */
  #beginsNoMore = false;

  constructor(plan: Plan, context: RunContext) {
    // Every process of the run listens to it.
    setMaxListeners(0, this.#ending.signal);
    this.#plan = plan;
    this.#context = context;
    this.processes = plan
      .flatMap((step) => step.lanes)
      .flatMap((lane) => lane.targets)
      .map((target) => this.#processRun(target));
  }

  async follow(): Promise<void> {
    const { run, ticker } = this.#context;
    const end = () => this.#ending.abort(run.signal.reason);
    run.signal.addEventListener('abort', end, { once: true });
    if (run.signal.aborted) end();
    run.progress = () => this.processes.map((process) => process.progress());
    const keeping = new AbortController();
    setMaxListeners(0, keeping.signal);
    const pollMs = Math.min(1_000, ...this.processes.map((process) => process.target.settings.pollMs));
    const kept = keepOut(this.processes, ticker, pollMs, keeping.signal).catch((error: unknown) => {
      const { message } = toDrainctlError(error);
      run.say({ kind: 'error', message: `what is out is not watched any more: ${message}` });
    });
    try {
      for (const step of this.#plan) await this.#followStep(step);
      if (run.action === 'gate') await this.#drainAgain();
    } finally {
      keeping.abort();
      await kept;
      run.signal.removeEventListener('abort', end);
    }
  }

  #processRun(target: Target): ProcessRun {
    const { run } = this.#context;
    const waits = atDeadline(run.action, target.settings.onDeadline, run.options) === 'wait';
    const deadlineMs = waits ? Number.POSITIVE_INFINITY : (run.options.deadlineMs ?? target.settings.deadlineMs);
    return new ProcessRun(target, this.#context, deadlineMs, this.#ending.signal);
  }

  async #followStep(step: PlanStep): Promise<void> {
    await Promise.all(step.lanes.map((lane) => this.#followLane(lane)));
  }

  async #followLane(lane: Lane): Promise<void> {
    const limit = pLimit(Math.min(lane.atATime, lane.targets.length));
    const processes = this.processes.filter((process) => lane.targets.includes(process.target));
    await Promise.all(processes.map((process) => limit(() => this.#followProcess(process))));
  }

  /** Acquire, depool, settle, before_stop, drain, after_drain, stop, start, ready, repool: those that it has, in this order. */
  async #followProcess(process: ProcessRun): Promise<void> {
    if (this.#ending.signal.aborted || this.#beginsNoMore) return;
    const todo = phasesFor(process.action, process.target);
    if (todo.length === 0) return process.end('skipped', `${process.name} was not running.`);
    try {
      await process.begin();
      for (const phase of todo) {
        process.signal.throwIfAborted();
        if (phase === 'acquire') await acquire(process);
        else if (phase !== 'depool' || !process.isOut) await process.timed(phase, () => work[phase](process));
      }
      endWell(process);
    } catch (thrown) {
      if (isDrainctlError(thrown, 'TOO_FEW_AVAILABLE')) this.#tooFewLeft(process, thrown);
      else await this.#failed(process, thrown);
    }
  }

  /** supervisord stops all at once when the gate opens, so all must be idle at the same moment: one that was may be busy again. */
  async #drainAgain(): Promise<void> {
    for (;;) {
      const drained = this.processes.filter(
        (process) => process.outcome === 'done' && isCounted(process.target) && !process.died,
      );
      const busy = (await Promise.all(drained.map(isBusyAgain))).flat();
      if (busy.length === 0 || this.#ending.signal.aborted) return;
      await Promise.all(busy.map((process) => this.#drainOnceMore(process)));
    }
  }

  async #drainOnceMore(process: ProcessRun): Promise<void> {
    process.reopen();
    try {
      await process.timed('drain', () => drain(process));
      endWell(process);
    } catch (thrown) {
      await this.#failed(process, thrown);
    }
  }

  async #failed(process: ProcessRun, thrown: unknown): Promise<void> {
    const error = toDrainctlError(thrown);
    if (thrown instanceof RunEnded || thrown === this.#ending.signal.reason) {
      const isOver = !(thrown instanceof RunEnded) || undoes(thrown.reason);
      process.end('cancelled', isOver ? sayLeftOut(process) : '', thrown instanceof RunEnded ? error : undefined);
      if (isOver) await undo(process);
      return;
    }
    const outcome = error.code === 'DEADLINE_PASSED' ? 'held' : 'failed';
    if (outcome === 'held') await holdAtDeadline(process);
    process.end(outcome, sentence(error.message), error);
    process.sayWhole(outcome === 'held' ? 'warning' : 'error', error.toText());
    if (endsRun(process.action, outcome)) this.#ending.abort(error);
    if (outcome === 'failed' && !mustGoOn(process.action)) await undo(process);
  }

  /** Nothing was touched. What is under way is brought to its end, and, where a failure would end the run, no more is begun. */
  #tooFewLeft(process: ProcessRun, error: DrainctlError): void {
    process.end('untouched', sentence(error.message), error);
    process.sayWhole('warning', error.toText());
    this.#beginsNoMore ||= endsRun(process.action, 'failed');
  }
}

/** What was not drained in time stays out, for as long as a drain was meant to keep it out, or until a person puts it back. */
async function holdAtDeadline(process: ProcessRun): Promise<void> {
  const { reason, holdForMs } = process.context.run.options;
  const why = `not drained at the deadline: ${sayInFlight(process.latest?.inFlight)}`;
  await keepOnHold(process, reason === undefined ? why : `${reason} (${why})`, holdForMs);
}

/** The process itself where a look finds it busy and its deadline has not passed. */
async function isBusyAgain(process: ProcessRun): Promise<ProcessRun[]> {
  if (process.deadline.passed) return [];
  const sample = await look(process).catch(() => undefined);
  if (sample === undefined || (sample.inFlight === 0 && sample.notOut.length === 0)) return [];
  // What its steps had end once it was drained is not asked any more what it has in flight.
  const fate = process.stepsBegan ? await process.fate().catch(() => undefined) : undefined;
  return fate?.kind === 'gone' ? [] : [process];
}

function endWell(process: ProcessRun): void {
  if (process.mayCut && !process.stopAsked) process.cut = cutBy(process.latest);
  if (process.cut === 0) process.end('done', sayDeath(process));
  else
    process.end(
      'cut',
      `${process.name} ${howItEnded(process)} with ${sayCut(process.cut)} unfinished${whyUnknown(process)}${process.killed ? `; ${sayKilled(process.target)}` : ''}.`,
    );
}

/** Of one that did not end as it was asked to; '' for all others. */
function sayDeath({ name, died, killed, target }: ProcessRun): string {
  if (died) return `${name} ended by itself while it drained; nothing was seen in flight then.`;
  return killed ? `${name} was stopped; ${sayKilled(target)}.` : '';
}

/** Such as the pool that could not be asked; of one that ended by itself nobody saw the end. */
function whyUnknown({ cut, died, latest }: ProcessRun): string {
  const { unknownBecause = '', notOut = [] } = latest ?? {};
  const inDoubt = notOut.length === 0 ? '' : `not confirmed to be out of ${notOut.join(', ')}`;
  const why = unknownBecause === '' ? inDoubt : unknownBecause;
  return cut < 0 && !died && why !== '' ? ` (${why})` : '';
}

/** The gate stops nothing itself: supervisord does, once the gate is open. */
function howItEnded(process: ProcessRun): string {
  if (process.died) return 'ended by itself';
  if (process.stopAsked) return 'was stopped';
  return `is stopped by ${process.context.run.options.keepsDeadlines === true ? 'systemd' : 'supervisord'}`;
}

/** Only before its stop was asked for: after that there is nothing to put back. */
async function undo(process: ProcessRun): Promise<void> {
  if (!process.isOut) return sayHalfStopped(process);
  if (process.stopAsked) {
    process.addMessage(`${process.name} is out of its pools, and goes back when it runs and is ready.`);
    return;
  }
  try {
    await process.timed('repool', async () => process.addMessage(await undoDepool(process)));
    sayHalfStopped(process);
  } catch (thrown) {
    const error = toDrainctlError(thrown);
    process.say('error', `could not be put back: ${error.toText()}`);
    process.addMessage(`${process.name} could not be put back, and is still out: ${sentence(error.message)}`);
  }
}

/** What its steps have done is not undone by anybody. */
function sayHalfStopped(process: ProcessRun): void {
  if (process.stepsBegan && !process.stopAsked)
    process.addMessage(
      `${process.name}: steps before its stop were begun, and it was not stopped: see whether it still works, or restart it.`,
    );
}

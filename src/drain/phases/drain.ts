import { DrainctlError } from '../../errors.ts';
import { monotonicMs } from '../../time.ts';
import { doubtOf } from '../doubt.ts';
import { type IdleSince, idleSince, isDrained, type Sample } from '../drained.ts';
import { noteEndedWell } from '../ended-well.ts';
import { atDeadline, mustGoOn } from '../policy.ts';
import type { PhaseWork, ProcessRun } from '../process-run.ts';
import { takeLook } from '../sample.ts';
import { isCounted } from '../target.ts';
import { asClause, sayDuration, sayInFlight } from '../wording.ts';

/** A look may take at least this long, even right before the deadline. */
const shortestLookMs = 500;

/**
 * Waits until nothing is in flight and nothing has been for `quiet`, or until the deadline; then, as the policy says,
 * resolves with `mayCut` set, or rejects with `DEADLINE_PASSED`. Where nothing can count the work there is nothing to
 * wait for but the settle before. What a pool may still be sending work to is not stopped at the deadline, except where
 * the run must go on: it rejects with the error of that pool.
 */
export const drain: PhaseWork = async (process) => {
  if (!isCounted(process.target)) return;
  const { quietMs } = process.target.settings;
  const pace = new ProgressPace();
  let idle: IdleSince;
  for (;;) {
    const before = process.latest;
    const sample = await look(process);
    idle = idleSince(idle, sample);
    const drained = isDrained(idle, sample, quietMs);
    // Of a process that has gone nothing is in flight any more; that is not what "drained" means.
    const fate = drained || sample.inFlight === undefined ? await fateOf(process, drained) : 'goes on';
    if (fate === 'is over') return;
    if (fate === 'begins anew') idle = undefined;
    if (process.deadline.passed) return passDeadline(process, sample, before);
    if (pace.isDue()) process.say('progress', progressText(process, sample));
    await untilNextLook(process, idle);
  }
};

/** At the next poll, or as soon as the quiet time or the deadline is over. */
async function untilNextLook(process: ProcessRun, idle: IdleSince): Promise<void> {
  const { quietMs, pollMs } = process.target.settings;
  const quietOverAtMs = idle === undefined ? Number.POSITIVE_INFINITY : idle + quietMs;
  const deadlineAtMs = process.deadline.startedAt + process.deadline.ms;
  await process.context.ticker.next(pollMs, Math.min(quietOverAtMs, deadlineAtMs), process.signal);
}

/** Whether the drain is over: drained, or its process has ended. One that was started anew has work of its own. */
async function fateOf(process: ProcessRun, drained: boolean): Promise<'is over' | 'begins anew' | 'goes on'> {
  const { kind, pid, exitStatus } = await process.fate();
  if (kind === 'gone' && process.stepsBegan && exitStatus === 0) noteEndedWell(process);
  else if (kind !== 'lives') countLost(process, kind);
  else if (drained) sayDrained(process);
  process.pid = pid === 0 ? process.pid : pid;
  if (kind === 'replaced') return 'begins anew';
  return kind === 'gone' || drained ? 'is over' : 'goes on';
}

/** One look that ends with the deadline: a probe that hangs makes the sample unknown, not the drain longer. */
export async function look(process: ProcessRun): Promise<Sample> {
  const limitMs = Math.max(process.deadline.remainingMs, shortestLookMs);
  const sample = await takeLook(process.target, process.signal, limitMs);
  process.latest = sample;
  process.sawWork ||= (sample.inFlight ?? 0) > 0;
  return sample;
}

/** What it had in flight when it ended nobody saw; only where it never had any is nothing lost. */
function countLost(process: ProcessRun, kind: 'gone' | 'replaced'): void {
  process.died = true;
  const lost = process.sawWork ? '; what it had in flight then is lost' : '';
  if (process.sawWork) process.cut = -1;
  process.sawWork = false;
  process.say('warning', `ended by itself while draining${kind === 'replaced' ? ', and was started anew' : ''}${lost}`);
}

function sayDrained(process: ProcessRun): void {
  process.say('info', `drained after ${sayDuration(process.deadline.elapsedMs)}`);
}

function passDeadline(process: ProcessRun, sample: Sample, before: Sample | undefined): void {
  const { onDeadline, quietMs } = process.target.settings;
  const tooShort = sample.inFlight === 0 ? `, but not for the ${sayDuration(quietMs)} of "quiet"` : '';
  const why = because(sample) === '' ? tooShort : because(sample);
  const passed = `${sayInFlight(sample.inFlight)} after ${sayDuration(process.deadline.elapsedMs)}${why}`;
  const { run } = process.context;
  if (atDeadline(process.action, onDeadline, run.options) === 'stop') {
    const doubt = doubtOf(process.name, sample, before, process.deadline.elapsedMs);
    if (doubt !== undefined && !mustGoOn(process.action)) throw doubt;
    process.mayCut = true;
    process.say('warning', `was not drained: ${passed}; the deadline has passed, so it is stopped all the same`);
    return;
  }
  throw new DrainctlError('DEADLINE_PASSED', `${process.name} was not drained: ${passed}.`, {
    hint: `It runs on, out of its pools. Put it back with "drainctl pool ${process.name}", or drain again with a longer --deadline.`,
  });
}

function progressText(process: ProcessRun, sample: Sample): string {
  const { deadline } = process;
  const limit = Number.isFinite(deadline.ms) ? ` of ${sayDuration(deadline.ms)}` : '';
  return `draining: ${sayInFlight(sample.inFlight)}, ${sayDuration(deadline.elapsedMs)}${limit}${because(sample)}`;
}

function because(sample: Sample): string {
  const reasons = [sample.unknownBecause, notOutText(sample)].filter((reason) => reason !== '');
  return reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
}

function notOutText({ notOut, unknownBecause, poolSilentBecause = '' }: Sample): string {
  if (notOut.length === 0) return '';
  const why = asClause(poolSilentBecause);
  const isTold = why === '' || unknownBecause.includes(why);
  return `not confirmed to be out of ${notOut.join(', ')}${isTold ? '' : `: ${why}`}`;
}

/** Progress is said at once, then every second, after ten seconds every five, after a minute every thirty. */
class ProgressPace {
  readonly #startedAtMs = monotonicMs();
  #nextAtMs = 0;

  isDue(): boolean {
    const nowMs = monotonicMs();
    if (nowMs < this.#nextAtMs) return false;
    const elapsedMs = nowMs - this.#startedAtMs;
    this.#nextAtMs = nowMs + (elapsedMs < 10_000 ? 1_000 : elapsedMs < 60_000 ? 5_000 : 30_000);
    return true;
  }
}

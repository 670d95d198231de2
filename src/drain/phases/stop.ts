import { isDrainctlError } from '../../errors.ts';
import { monotonicMs } from '../../time.ts';
import { cutBy } from '../drained.ts';
import type { PhaseWork, ProcessRun } from '../process-run.ts';
import { isCounted, sayKilled } from '../target.ts';
import { sayCut } from '../wording.ts';
import { drain, look } from './drain.ts';

/** supervisord kills after `stopwaitsecs`; the reply to that may take a little longer. */
const stopMarginMs = 10_000;

/** Stops the process when its turn has come and it is still idle; where it is not any more, it is drained again. */
export const stop: PhaseWork = async (process) => {
  while (!(await process.context.inStopTurn(() => stopIfIdle(process)))) await drain(process);
};

async function stopIfIdle(process: ProcessRun): Promise<boolean> {
  process.signal.throwIfAborted();
  if (!(await isStillIdle(process))) return false;
  countCut(process);
  process.stopAsked = true;
  process.context.ownStops.add(process.name, process.pid);
  const askedAtMs = monotonicMs();
  await stopOrGone(process);
  process.killed = await wasKilled(process, monotonicMs() - askedAtMs);
  const cut = process.cut === 0 ? '' : `; ${sayCut(process.cut)} cut off`;
  const killed = process.killed ? `; ${sayKilled(process.target)}` : '';
  process.say(process.cut === 0 && !process.killed ? 'info' : 'warning', `stopped${killed}${cut}`);
  return true;
}

/**
 * True where supervisord sent SIGKILL: the stop took all of `stopwaitsecs`, and a signal ended the process, which
 * supervisord tells as exit status -1 (`decode_wait_status` in supervisor/options.py).
 */
async function wasKilled({ name, died, target, context }: ProcessRun, tookMs: number): Promise<boolean> {
  if (died || tookMs < target.config.stopWaitSecs * 1_000) return false;
  const info = await context.supervisor.getProcessInfo(name).catch(() => undefined);
  return info?.exitStatus === -1;
}

/** A process that supervisord no longer has, because its group was removed meanwhile, is stopped. */
async function stopOrGone(process: ProcessRun): Promise<void> {
  const timeoutMs = process.target.config.stopWaitSecs * 1_000 + stopMarginMs;
  try {
    await process.context.supervisor.stopProcess(process.name, timeoutMs);
  } catch (error) {
    if (!isDrainctlError(error, 'NO_SUCH_PROCESS')) throw error;
  }
}

/** Waiting for the turn may have taken a while: a client with a cookie may have come back, or what was cut may have ended well. */
async function isStillIdle(process: ProcessRun): Promise<boolean> {
  const { target, latest, mayCut } = process;
  if (latest === undefined || !isCounted(target)) return true;
  if (monotonicMs() - latest.endedAtMs <= target.settings.pollMs) return true;
  // Nobody can count any more for one that its steps had end; what was seen last stands.
  if (!mayCut && process.stepsBegan && (await process.fate()).kind === 'gone') return true;
  const sample = await look(process);
  if (mayCut) return true;
  if (sample.inFlight === undefined) return (await process.fate()).kind === 'gone';
  return sample.inFlight === 0 && sample.notOut.length === 0;
}

function countCut(process: ProcessRun): void {
  const { latest, target } = process;
  process.inFlightAtStop = latest?.inFlight;
  if (process.mayCut && isCounted(target)) process.cut = cutBy(latest);
}

import { DrainctlError, isDrainctlError } from '../../errors.ts';
import type { ProcessInfo } from '../../supervisor/process.ts';
import { Deadline, sleep } from '../../time.ts';
import type { PhaseWork, ProcessRun } from '../process-run.ts';
import type { Target } from '../target.ts';
import { sayDuration } from '../wording.ts';

/** Whether a process can take work, and why not. `failed`: it will not become ready by waiting. */
export type Readiness = { readonly ready: boolean; readonly failed: boolean; readonly why: string };

/**
 * Waits until supervisord says RUNNING and the ready check passes.
 *
 * Rejects with `START_FAILED` when supervisord has given up, with `NOT_READY` when the ready deadline has passed. A
 * process that is not ready is never put back.
 */
export const ready: PhaseWork = async (process) => {
  const { target } = process;
  // Nobody becomes ready; a person has asked for it all the same.
  if (target.isGone === true) return;
  const deadline = new Deadline(target.settings.readyDeadlineMs);
  for (;;) {
    const readiness = await askReadiness(process);
    if (readiness.ready) return sayReady(process, deadline);
    if (readiness.failed) throw startFailed(process, readiness.why);
    if (deadline.passed) throw notReady(process, readiness.why);
    await sleep(Math.min(target.settings.pollMs, Math.max(1, deadline.remainingMs)), process.signal);
  }
};

/** A supervisord that does not answer once is asked again, until the deadline. */
async function askReadiness(process: ProcessRun): Promise<Readiness> {
  const { target, context, signal } = process;
  try {
    return await readinessOf(target, await context.supervisor.getProcessInfo(process.name, signal), signal);
  } catch (error) {
    if (!isDrainctlError(error, 'SUPERVISOR_UNREACHABLE')) throw error;
    return { ready: false, failed: false, why: error.message };
  }
}

/** One look at whether the process can take work. */
export async function readinessOf(target: Target, info: ProcessInfo, signal: AbortSignal): Promise<Readiness> {
  if (info.state !== 'RUNNING') {
    const failed = info.state === 'FATAL' || info.state === 'EXITED' || info.state === 'STOPPED';
    const detail = info.spawnError !== '' ? info.spawnError : info.description;
    return { ready: false, failed, why: `supervisord says ${info.state}${detail === '' ? '' : ` (${detail})`}` };
  }
  if (target.ready === undefined) return { ready: true, failed: false, why: '' };
  const answer = await target.ready.isReady(signal);
  return { ready: answer.ready, failed: false, why: answer.why };
}

function sayReady(process: ProcessRun, deadline: Deadline): void {
  if (process.action !== 'pool') process.say('info', `ready after ${sayDuration(deadline.elapsedMs)}`);
}

function startFailed(process: ProcessRun, why: string): DrainctlError {
  return new DrainctlError('START_FAILED', `${process.name} did not start: ${why}.${outText(process)}`, {
    hint: `See "supervisorctl tail ${process.name} stderr", then "drainctl start ${process.name}".`,
  });
}

function notReady(process: ProcessRun, why: string): DrainctlError {
  const limit = sayDuration(process.target.settings.readyDeadlineMs);
  return new DrainctlError('NOT_READY', `${process.name} was not ready after ${limit}: ${why}.${outText(process)}`, {
    hint: `When it is ready, "drainctl pool ${process.name}" puts it back; a sidecar does so by itself.`,
  });
}

function outText(process: ProcessRun): string {
  return process.context.journal.entriesOf(process.name).length > 0 ? ' It stays out of its pools.' : '';
}

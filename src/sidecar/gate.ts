import type { RunOutcome } from '../drain/api.ts';
import type { Engine } from '../drain/engine.ts';
import { DrainctlError, isDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { Deadline, sleep, withTimeout } from '../time.ts';

const decideWithinMs = 3_000;
const askAgainMs = 100;

/** Why the sidecar was told to end. */
export type StopReason = 'supervisord stops' | 'only the listener stops' | 'supervisord has gone';

/**
 * Tells them apart. During a shutdown or reload supervisord answers every call with fault 6; a normal answer means
 * that only the listener is being stopped. A supervisord that does not answer, because it is too busy or because
 * somebody removed its socket, is taken to be stopping while it lives: holding the gate for nothing can be mended, a
 * request cut off can't.
 */
export async function whyStopped(
  supervisor: Supervisor,
  log: Log,
  supervisordLives: () => boolean,
): Promise<StopReason> {
  const deadline = new Deadline(decideWithinMs);
  for (;;) {
    const answer = await askWhy(supervisor, deadline);
    if (typeof answer === 'string') return answer;
    if (!supervisordLives()) return 'supervisord has gone';
    if (deadline.passed) {
      log.warn(`supervisord does not say whether it is shutting down, so it is taken to: ${answer.message}`);
      return 'supervisord stops';
    }
    await sleep(askAgainMs);
  }
}

/** The reason, or why supervisord did not tell. */
async function askWhy(supervisor: Supervisor, deadline: Deadline): Promise<StopReason | DrainctlError> {
  try {
    const ask = (signal: AbortSignal) => supervisor.getState(signal);
    const state = await withTimeout(deadline.remainingMs, undefined, tooBusy, ask);
    return state === 'RUNNING' ? 'only the listener stops' : 'supervisord stops';
  } catch (error) {
    if (isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN')) return 'supervisord stops';
    if (!isDrainctlError(error)) throw error;
    return error;
  }
}

function tooBusy(): DrainctlError {
  return new DrainctlError('SUPERVISOR_UNREACHABLE', `supervisord did not answer within ${decideWithinMs / 1_000} s`);
}

/**
 * Holds up supervisord's shutdown or reload until everything has drained: supervisord waits for this listener to end
 * before it stops anything else. Resolves with how that ended.
 */
export async function holdGate(engine: Engine, log: Log): Promise<RunOutcome | undefined> {
  log.info('supervisord is stopping; it waits until everything has drained');
  const run = engine.begin('gate', [], {});
  await engine.idle();
  const { message = '', outcome } = run.result ?? {};
  log[outcome === 'done' ? 'info' : 'warn'](`the gate opens: ${message}`, { outcome });
  return outcome;
}

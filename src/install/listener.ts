import { isDrainctlError } from '../errors.ts';
import type { ProcessState } from '../supervisor/process.ts';
import { Deadline, sleep } from '../time.ts';
import { listenerGroup, type RunningSupervisord } from './target.ts';

/** The sidecar leaves at once when it alone is stopped. */
const stopLimitMs = 30_000;

/** It counts as started after `startsecs=1`. */
const startLimitMs = 10_000;
const pollMs = 200;

/** Stops and removes the listener, and no other group. */
export async function removeListener({ groups }: RunningSupervisord, signal?: AbortSignal): Promise<void> {
  await groups.stop(listenerGroup, stopLimitMs, signal);
  await groups.remove(listenerGroup, signal);
}

/** Has supervisord read its files; false where it refuses them, for a mistake in another's file must not keep us from going. */
export async function rereadIfPossible({ groups }: RunningSupervisord, signal?: AbortSignal): Promise<boolean> {
  try {
    await groups.reread(signal);
    return true;
  } catch (error) {
    if (isDrainctlError(error, 'SUPERVISOR_CONFIG')) return false;
    throw error;
  }
}

/** Waits until the listener that was just added runs, or has failed; gives the state that it came to. */
export async function waitForListener(
  supervisord: RunningSupervisord,
  signal?: AbortSignal,
): Promise<ProcessState | undefined> {
  const deadline = new Deadline(startLimitMs);
  for (;;) {
    const state = await supervisord.listenerState(signal);
    if ((state !== 'STARTING' && state !== 'STOPPED') || deadline.passed) return state;
    await sleep(pollMs, signal);
  }
}

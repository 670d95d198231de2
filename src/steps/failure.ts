import { DrainctlError } from '../errors.ts';

/** The error of a step that was not done. `why` goes on after what the step does; `hint` says what to run or change. */
export function stepFailed(target: string, why: string, hint: string, cause?: unknown): DrainctlError {
  return new DrainctlError('STEP_FAILED', `${target}: ${why}`, {
    hint,
    details: { step: target, why },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What was thrown as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

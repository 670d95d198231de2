import { DrainctlError } from '../errors.ts';

/** The error of a probe that could not tell how much is in flight. */
export function probeFailed(target: string, why: string, hint: string, cause?: unknown): DrainctlError {
  return new DrainctlError('PROBE_FAILED', `Probe ${target} can't tell what is in flight: ${why}.`, {
    hint,
    details: { target, why },
    ...(cause === undefined ? {} : { cause }),
  });
}

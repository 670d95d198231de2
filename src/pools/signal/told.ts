import { type Instance, isSameInstance } from './instance.ts';

/** What drainctl last did to a process: nothing can be read from the process itself. */
export interface Told {
  /** Which start of the process. */
  readonly instance: Instance;
  /** `told`: it got the signal. `unsure`: it is just getting one, or that failed, or it got the one to go on. */
  readonly what: 'told' | 'unsure';
  /** Wall clock, because the journal's is. */
  readonly atMs: number;
}

/** Notes what is being done. */
export function toldNow(instance: Instance, what: Told['what']): Told {
  return { instance, what, atMs: Date.now() };
}

/**
 * Whether this very start of a process was told to take no more work, and not to go on. Where the journal does not say
 * that it is out, another drainctl has put it back.
 */
export function isToldOff(told: Told | undefined, instance: Instance, takenOutAtMs: number | undefined): boolean {
  if (told === undefined || !isSameInstance(told.instance, instance))
    return wasRunning(instance, takenOutAtMs) === true;
  return takenOutAtMs !== undefined && (told.what === 'told' || takenOutAtMs > told.atMs);
}

/**
 * Whether this very start may be waiting for the signal to go on. One that was started since it was taken out is not,
 * and may not even have its handler yet.
 */
export function mayBeToldOff(told: Told | undefined, instance: Instance, takenOutAtMs: number | undefined): boolean {
  if (told !== undefined && isSameInstance(told.instance, instance)) return true;
  return wasRunning(instance, takenOutAtMs) ?? told === undefined;
}

/** Whether this start was the one that the journal speaks of; undefined: that can't be told. */
function wasRunning({ startedAtMs }: Instance, takenOutAtMs: number | undefined): boolean | undefined {
  if (takenOutAtMs === undefined || startedAtMs === undefined) return undefined;
  return takenOutAtMs > startedAtMs;
}

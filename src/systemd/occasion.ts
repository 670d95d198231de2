import { jobType, systemState } from './systemctl.ts';

/** Why systemd stops a service; '' where that is not known. */
export type StopOccasion = '' | 'service stop' | 'service restart' | 'system shutdown';

/** systemd answers within milliseconds; what it is for is not worth more. */
const limitMs = 3_000;

/** From what systemd says of itself (`is-system-running`) and of the unit's job. A reboot is a system shutdown too. */
export function occasionOf(state: string, job: string): StopOccasion {
  if (state === 'stopping') return 'system shutdown';
  if (job === 'restart' || job === 'try-restart') return 'service restart';
  return job === 'stop' ? 'service stop' : '';
}

/** Asks systemd why it stops this unit. Never rejects: `warn` is told what could not be asked. */
export async function findOccasion(unit: string, warn: (message: string) => void): Promise<StopOccasion> {
  const signal = AbortSignal.timeout(limitMs);
  try {
    const [state, job] = await Promise.all([systemState(signal), unit === '' ? '' : jobType(unit, signal)]);
    return occasionOf(state, job);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(`it is not known whether this is a stop, a restart or a shutdown of the system: ${why}`);
    return '';
  }
}

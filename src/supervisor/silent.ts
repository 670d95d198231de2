import { DrainctlError, isDrainctlError } from '../errors.ts';
import type { Supervisor } from './supervisor.ts';

/**
 * A supervisord that is known not to answer, because it hangs or has died: every call fails at once, instead of after a
 * time-out each.
 */
export function silentSupervisor(url: string): Supervisor {
  const fail = async (): Promise<never> => {
    throw new DrainctlError('SUPERVISOR_UNREACHABLE', `supervisord at ${url} does not answer`, {
      hint: 'See what its process is doing, and its log.',
      details: { url, silent: true },
    });
  };
  return {
    url,
    getState: fail,
    getVersion: fail,
    getPid: fail,
    getAllProcessInfo: fail,
    getProcessInfo: fail,
    getAllConfigInfo: fail,
    stopProcess: fail,
    startProcess: fail,
    signalProcess: fail,
    shutdown: fail,
    restart: fail,
  };
}

/** True where supervisord tells nothing at all any more: it is shutting down, or known not to answer. */
export function isSilent(error: unknown): boolean {
  if (isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN')) return true;
  return isDrainctlError(error, 'SUPERVISOR_UNREACHABLE') && error.details['silent'] === true;
}

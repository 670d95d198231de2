import { formatDuration } from '../duration.ts';
import { DrainctlError, toDrainctlError } from '../errors.ts';

/** A call to supervisord that failed, as pools tell it. */
export function supervisordFailed(thrown: unknown): DrainctlError {
  const error = toDrainctlError(thrown);
  if (error.code === 'POOL_UNREACHABLE') return error;
  const mayHelp = ['SUPERVISOR_UNREACHABLE', 'SUPERVISOR_SHUTTING_DOWN', 'RPC_TIMEOUT', 'RPC_UNREACHABLE'];
  return new DrainctlError(mayHelp.includes(error.code) ? 'POOL_UNREACHABLE' : 'POOL_REFUSED', error.message, {
    hint: error.hint,
    details: { ...error.details, code: error.code },
    cause: error,
  });
}

/** supervisord took longer than the pool's time-out. */
export function tooLate(timeoutMs: number): DrainctlError {
  const message = `supervisord did not answer within ${formatDuration(timeoutMs)}.`;
  return new DrainctlError('POOL_UNREACHABLE', message, {
    hint: 'See what its process is doing; the pool\'s "timeout" says how long is waited.',
    details: { timeoutMs },
  });
}

/** supervisord has no such processes. */
export function noSuchProcess(names: readonly string[]): DrainctlError {
  return new DrainctlError('POOL_MEMBER_MISSING', `supervisord has no process ${names.join(', ')}.`, {
    hint: 'Correct "process" of the member; "supervisorctl status" lists what there is.',
    details: { members: names },
  });
}

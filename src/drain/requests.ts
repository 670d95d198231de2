import { DrainctlError } from '../errors.ts';
import type { RunAction, RunOptions } from './api.ts';

/** One with another deadline, or another end, is another request: the latest word counts. */
export function isSameRequest(one: RunOptions, other: RunOptions): boolean {
  return (
    one.keepSupervisord === other.keepSupervisord &&
    one.restartSupervisord === other.restartSupervisord &&
    one.deadlineMs === other.deadlineMs
  );
}

/** What a caller is told who wants something while the gate is held. */
export function gateHolds(): DrainctlError {
  return new DrainctlError(
    'SUPERVISOR_SHUTTING_DOWN',
    'supervisord is stopping, and is held up until everything has drained.',
    {
      hint: 'There is no way back from here: what ends the drain lets supervisord stop everything at once. "drainctl status" shows how far it is.',
    },
  );
}

/** A shutdown is of everything, and nothing else is of everything without being told so. */
export function checkNames(action: RunAction, names: readonly string[]): void {
  if (action === 'shutdown' && names.length > 0) {
    throw new DrainctlError('USAGE', 'A shutdown takes no names: it stops everything, and supervisord itself.', {
      hint: `To stop ${names.join(' ')} only: "drainctl stop ${names.join(' ')}".`,
    });
  }
  if (action !== 'shutdown' && names.length === 0) {
    throw new DrainctlError('USAGE', `${action} needs names.`, { hint: 'Write group:name, group:*, name or all.' });
  }
}

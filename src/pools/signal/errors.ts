import { DrainctlError } from '../../errors.ts';
import type { Handling } from './instance.ts';

/** There is no signal that makes it work again. */
export function needsRestart(name: string, signalName: string): DrainctlError {
  const message = `${name} was told SIG${signalName} and takes no work until it is restarted: the pool has no "resume".`;
  return new DrainctlError('POOL_REFUSED', message, {
    hint: `Restart it: drainctl restart ${name}`,
    details: { members: [name], signal: signalName },
  });
}

/** The signal would do harm, or nothing. It was not sent. */
export function notHandled(name: string, pid: number, signalName: string, handling: Handling): DrainctlError {
  return new DrainctlError('POOL_REFUSED', `${sayNotHandled(name, pid, signalName, handling)} It was not sent.`, {
    hint: handlingHint,
    details: { members: [name], pid, signal: signalName },
  });
}

/** What is wrong with a process that does not catch the signal. */
export function sayNotHandled(name: string, pid: number, signalName: string, handling: Handling): string {
  const effect = handling === 'ignored' ? 'ignores it' : 'has no handler for it, and would be stopped or ended by it';
  return `SIG${signalName} tells ${name} nothing: its process ${pid} ${effect}.`;
}

/** What to change where a process does not catch the signal. */
export const handlingHint =
  'Correct "signal" of the pool. Where "command=" of the program is a shell, have it exec the worker, so that the signal gets there; a worker that is still starting may have no handler yet.';

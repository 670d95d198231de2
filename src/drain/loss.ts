import type { ProcessInfo, ProcessName } from '../supervisor/process.ts';
import type { Target } from './target.ts';

/**
 * A process that serves nobody any more, or is about to, without a run of ours.
 *
 * - `bypassed`: it is being stopped, past drainctl.
 * - `crashed`: it exited, as expected or not, or could not be started.
 */
export interface Loss {
  readonly kind: 'bypassed' | 'crashed';
  readonly process: ProcessName;
  /** Undefined: there is none any more, or supervisord did not tell. */
  readonly pid: number | undefined;
  /** Short, for status: `crashed`, `stopped past drainctl`. */
  readonly reason: string;
  /** False for what is in order, such as an exit with an expected status. */
  readonly isTrouble: boolean;
}

/** True where there is something to do: the process has members, and its configuration wants it taken out for that. */
export function isToBeTakenOut(loss: Loss, target: Target): boolean {
  if (target.members.length === 0 || hasReturned(loss, target.info)) return false;
  return loss.kind === 'bypassed' || target.settings.onCrash === 'depool';
}

/** Events wait in supervisord's buffer while the sidecar is not there: another process may long run in its place. */
function hasReturned({ pid }: Loss, info: ProcessInfo): boolean {
  return pid !== undefined && info.state === 'RUNNING' && info.pid !== pid;
}

/** What befell it, to go on after its name: `crashed (pid 4711, exit status 1)`. `info`: as supervisord tells it now. */
export function sayLoss({ reason, pid }: Loss, info: ProcessInfo | undefined): string {
  const details = [pid === undefined ? '' : `pid ${pid}`, sayExit(info)].filter((text) => text !== '');
  return details.length === 0 ? reason : `${reason} (${details.join(', ')})`;
}

/** How it exited, as far as supervisord still tells: it forgets the status when it starts the process again. */
export function sayExit(info: Pick<ProcessInfo, 'state' | 'exitStatus' | 'spawnError'> | undefined): string {
  if (info?.state === 'FATAL') return info.spawnError;
  if (info?.state !== 'EXITED') return '';
  // supervisord's own number for a process that a signal has ended.
  return info.exitStatus === -1 ? 'ended by a signal' : `exit status ${info.exitStatus}`;
}

const namedAtMost = 5;

/** `web:web_00, web:web_01`; of many only the first ones. */
export function sayNames(names: readonly ProcessName[]): string {
  const named = names.slice(0, namedAtMost).join(', ');
  return names.length <= namedAtMost ? named : `${named} and ${names.length - namedAtMost} more`;
}

/** Who bypassed what, and how to close the way. `socket`: where the sidecar speaks supervisord's XML-RPC. */
export function sayBypass(names: readonly ProcessName[], socket: string): string {
  const [are, their] = names.length === 1 ? ['is', 'its'] : ['are', 'their'];
  return (
    `${sayNames(names)} ${are} being stopped past drainctl, by a client of supervisord's own socket; ` +
    `${their} requests in flight may be cut off. ` +
    `Point that client (serverurl of [supervisorctl], Ansible, …) to unix://${socket}`
  );
}

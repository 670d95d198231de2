import type { OnDeadline } from '../config/config.ts';
import type { EndReason, Phase, RunAction, RunOptions } from './api.ts';

/** What each action does to a process, in order. */
export const pipelines: Readonly<Record<RunAction, readonly Phase[]>> = {
  drain: ['acquire', 'depool', 'settle', 'drain', 'hold'],
  stop: ['acquire', 'depool', 'settle', 'before_stop', 'drain', 'after_drain', 'stop'],
  start: ['start', 'ready', 'repool'],
  restart: ['acquire', 'depool', 'settle', 'before_stop', 'drain', 'after_drain', 'stop', 'start', 'ready', 'repool'],
  shutdown: ['acquire', 'depool', 'settle', 'before_stop', 'drain', 'after_drain', 'stop'],
  pool: ['release', 'ready', 'repool'],
  gate: ['acquire', 'depool', 'settle', 'before_stop', 'drain', 'after_drain'],
  recover: ['release', 'ready', 'repool'],
  depool: ['depool'],
};

/** True where the machine is going away, or a process has: then nothing that fails may keep a run from going on. */
export function mustGoOn(action: RunAction): boolean {
  return action === 'shutdown' || action === 'gate' || action === 'depool';
}

/** True where a process goes on to its next phase although a pool has not confirmed that it is out. */
export function stopsUnconfirmed(action: RunAction): boolean {
  return mustGoOn(action) && pipelines[action].at(-1) !== 'depool';
}

/**
 * What happens when the deadline of a process has passed before it was drained.
 *
 * - `stop`: stop it all the same and count what was cut off.
 * - `hold`: end the run; the process keeps running, out of its pools.
 * - `wait`: go on waiting. Only the gate: it can't end supervisord's own shutdown, only hold it up, and supervisord
 *   itself sets the limit (the listener's `stopwaitsecs`). Not one that keeps to the deadlines: nobody waits for it.
 */
export function atDeadline(
  action: RunAction,
  onDeadline: OnDeadline,
  options: Pick<RunOptions, 'keepsDeadlines'> = {},
): 'stop' | 'hold' | 'wait' {
  if (action === 'drain') return 'hold';
  if (onDeadline === 'stop') return 'stop';
  if (action === 'gate' && options.keepsDeadlines === true) return 'stop';
  return action === 'gate' ? 'wait' : 'hold';
}

/**
 * Whether a run may be ended from outside.
 *
 * - The gate never, but where supervisord itself has gone: the moment it ends, supervisord stops everything.
 * - Any other may be cancelled. A shutdown or the gate that goes on where it was ends it without an undo.
 */
export function mayBeEnded(action: RunAction, reason: EndReason): boolean {
  if (reason === 'supervisord gone') return true;
  return action !== 'gate';
}

/** Which runs a new one takes over from, instead of waiting for them. */
export function takesOver(newcomer: RunAction, earlier: RunAction): boolean {
  if (newcomer === 'gate') return true;
  if (newcomer === 'shutdown') return earlier !== 'shutdown';
  // After a crash of supervisord the others wait in vain for its answers, and every moment counts.
  if (newcomer === 'depool') return !mustGoOn(earlier);
  // A recovery only tidies up, and does so again later.
  return earlier === 'recover' && newcomer !== 'recover';
}

/** True where a run that is ended for this reason puts back what it took out; otherwise somebody else goes on from there. */
export function undoes(reason: EndReason): boolean {
  return reason === 'cancelled';
}

/** Whether what became of one process ends the whole run. What the run took out is then put back, the rest not touched. */
export function endsRun(action: RunAction, outcome: 'failed' | 'held'): boolean {
  // "hold" means that nothing more is stopped, least of all supervisord itself.
  if (outcome === 'held') return action !== 'drain' && action !== 'gate';
  // A start goes on with the others, as supervisorctl's does.
  return action === 'stop' || action === 'restart';
}

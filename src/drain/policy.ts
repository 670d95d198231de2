import type { OnDeadline } from '../config/config.ts';
import type { Phase, RunAction } from './api.ts';

/** What each action does to a process, in order. */
export const pipelines: Readonly<Record<RunAction, readonly Phase[]>> = {
  drain: ['depool', 'settle', 'drain', 'hold'],
  stop: ['depool', 'settle', 'drain', 'stop'],
  start: ['start', 'ready', 'repool'],
  restart: ['depool', 'settle', 'drain', 'stop', 'start', 'ready', 'repool'],
  shutdown: ['depool', 'settle', 'drain', 'stop'],
  pool: ['release', 'ready', 'repool'],
  gate: ['depool', 'settle', 'drain'],
  recover: ['release', 'ready', 'repool'],
};

/** True where the machine is going away: then nothing that fails may keep a run from going on. */
export function mustGoOn(action: RunAction): boolean {
  return action === 'shutdown' || action === 'gate';
}

/**
 * What happens when the deadline of a process has passed before it was drained.
 *
 * - `stop`: stop it all the same and count what was cut off.
 * - `hold`: end the run; the process keeps running, out of its pools.
 * - `wait`: go on waiting. Only the gate: it can't end supervisord's own shutdown, only hold it up, and supervisord
 *   itself sets the limit (the listener's `stopwaitsecs`).
 */
export function atDeadline(action: RunAction, onDeadline: OnDeadline): 'stop' | 'hold' | 'wait' {
  if (action === 'drain') return 'hold';
  if (onDeadline === 'stop') return 'stop';
  return action === 'gate' ? 'wait' : 'hold';
}

/**
 * True where the failure of one process ends the whole run: what it took out is put back, and the rest is not
 * touched. A start goes on with the others, as supervisorctl's does.
 */
export function endsRun(action: RunAction): boolean {
  return action === 'stop' || action === 'restart';
}

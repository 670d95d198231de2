import type { Phase, RunAction } from './api.ts';
import { pipelines } from './policy.ts';
import type { Target } from './target.ts';

/** Of one that does not run only these are of use. A drain may hold one out before it starts. */
const phasesOfTheDead: Readonly<Record<RunAction, readonly Phase[]>> = {
  ...pipelines,
  stop: [],
  restart: ['start', 'ready', 'repool'],
  shutdown: [],
  gate: [],
  pool: ['release'],
};

/** The phases that a process goes through in a run of this action, by what state it is in and what it has steps for. */
export function phasesFor(action: RunAction, { info, steps }: Pick<Target, 'info' | 'steps'>): readonly Phase[] {
  const isDead = info.state === 'STOPPED' || info.state === 'EXITED' || info.state === 'FATAL';
  const phases = isDead ? phasesOfTheDead[action] : pipelines[action];
  return phases.filter(
    (phase) => (phase !== 'before_stop' && phase !== 'after_drain') || (steps?.[phase] ?? []).length > 0,
  );
}

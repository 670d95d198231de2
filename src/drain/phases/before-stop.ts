import { doSteps } from '../do-steps.ts';
import type { PhaseWork } from '../process-run.ts';
import { isCounted } from '../target.ts';
import { look } from './drain.ts';

/**
 * What the program's configuration has done before the wait until nothing is in flight, such as closing its clients. What it
 * had in flight before that is looked at first: a step may end it.
 */
export const beforeStop: PhaseWork = async (process) => {
  if (isCounted(process.target)) await look(process);
  await doSteps(process, 'before_stop');
};

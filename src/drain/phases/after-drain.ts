import { doSteps } from '../do-steps.ts';
import { noteEndedWell } from '../ended-well.ts';
import type { PhaseWork } from '../process-run.ts';

/**
 * What it has done once nothing is in flight any more, or the deadline has passed, right before the stop. A process that
 * its steps had end by itself, with exit status 0, has finished what was in flight at the deadline.
 */
export const afterDrain: PhaseWork = async (process) => {
  await doSteps(process, 'after_drain');
  if (!process.mayCut || !process.stepsBegan) return;
  const { kind, exitStatus } = await process.fate();
  if (kind === 'gone' && exitStatus === 0) noteEndedWell(process);
};

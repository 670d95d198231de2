import { sleep } from '../../time.ts';
import type { PhaseWork } from '../process-run.ts';

/** Waits until the pools have truly stopped sending work: as long as their drivers know that they need, or as configured. */
export const settle: PhaseWork = async (process) => {
  const { members, settings } = process.target;
  if (members.length === 0 || settings.settleMs === 0) return;
  await sleep(Math.min(settings.settleMs, process.deadline.remainingMs), process.signal);
};

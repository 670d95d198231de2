import type { PhaseWork } from '../process-run.ts';

/** Asks supervisord to start the process; that it did start is for the ready phase to see. */
export const start: PhaseWork = async (process) => {
  await process.context.supervisor.startProcess(process.name, process.signal);
};

import { isOver } from '../journal-file.ts';
import type { PhaseWork } from '../process-run.ts';

/** Ends the hold: any, where a person asked for it; only one whose time is over, where the sidecar recovers. */
export const release: PhaseWork = async (process) => {
  const { journal } = process.context;
  const hold = journal.holdOf(process.name);
  if (hold === undefined || (process.action === 'recover' && !isOver(hold))) return;
  await journal.endHold(process.name);
  const next = process.target.isGone
    ? 'supervisord no longer has it'
    : process.target.info.pid === 0
      ? 'it does not run, and goes back when it runs and is ready'
      : 'it goes back now';
  process.say('info', `is no longer on hold (${hold.reason}); ${next}`);
};

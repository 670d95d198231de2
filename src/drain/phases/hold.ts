import type { PhaseWork, ProcessRun } from '../process-run.ts';
import { sayDuration } from '../wording.ts';

/** Leaves the process out of its pools until a person puts it back, or until the time given has passed. */
export const hold: PhaseWork = async (process) => {
  const { holdForMs } = process.context.run.options;
  await keepOnHold(process, process.context.run.options.reason ?? 'drainctl drain', holdForMs);
  const until = holdForMs === undefined ? `until "drainctl pool ${process.name}"` : `for ${sayDuration(holdForMs)}`;
  process.say('info', `is on hold ${until}`);
};

/** Writes the hold to the journal. */
export async function keepOnHold(process: ProcessRun, reason: string, holdForMs: number | undefined): Promise<void> {
  const now = Date.now();
  await process.context.journal.hold({
    process: process.name,
    reason,
    since: new Date(now).toISOString(),
    until: holdForMs === undefined ? '' : new Date(now + holdForMs).toISOString(),
    run: process.context.run.id,
  });
}

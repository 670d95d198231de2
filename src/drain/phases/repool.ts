import { Deadline } from '../../time.ts';
import type { PhaseWork, ProcessRun } from '../process-run.ts';
import { putBack } from '../put-back.ts';

/** An undo gets this long for pools that don't answer; what is not back then stays in the journal. */
const undoDeadlineMs = 10_000;

/** Puts the process back where the journal says that it was taken out, and waits until the pools give it work again. A hold stays out. */
export const repool: PhaseWork = async (process) => {
  const hold = process.context.journal.holdOf(process.name);
  if (hold === undefined) return putBackProcess(process, process.target.settings.readyDeadlineMs, true);
  process.say('info', `stays out of its pools: on hold (${hold.reason}) until "drainctl pool ${process.name}"`);
};

/** Puts back a process that a run took out and did not stop. */
export async function undoDepool(process: ProcessRun): Promise<void> {
  process.signal = new AbortController().signal;
  await process.timed('repool', () => putBackProcess(process, undoDeadlineMs, false));
}

async function putBackProcess(process: ProcessRun, deadlineMs: number, untilIn: boolean): Promise<void> {
  const { journal, findAddress } = process.context;
  const entries = journal.entriesOf(process.name);
  process.outSinceMs = undefined;
  await process.keeping;
  if (entries.length === 0) return;
  const { pollMs } = process.target.settings;
  await putBack(entries, {
    journal,
    findAddress,
    deadline: new Deadline(deadlineMs),
    signal: process.signal,
    pollMs,
    untilIn,
  });
  process.say('info', `repooled: back in ${entries.map((entry) => `${entry.label} at ${entry.address}`).join(', ')}`);
}

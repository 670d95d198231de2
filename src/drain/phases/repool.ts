import { Deadline } from '../../time.ts';
import type { JournalEntry } from '../journal-file.ts';
import type { PhaseWork, ProcessRun } from '../process-run.ts';
import { putBack } from '../put-back.ts';

/** An undo or a recovery gets this long for pools that don't answer; what is not back then stays in the journal. */
const shortDeadlineMs = 10_000;

/** Puts the process back where the journal says that it was taken out, and waits until the pools give it work again. A hold stays out. */
export const repool: PhaseWork = async (process) => {
  const { journal } = process.context;
  const hold = journal.holdOf(process.name);
  if (hold !== undefined) {
    process.say('info', `stays out of its pools: on hold (${hold.reason}) until "drainctl pool ${process.name}"`);
    return;
  }
  const deadlineMs = process.action === 'recover' ? shortDeadlineMs : process.target.settings.readyDeadlineMs;
  await putBackEntries(process, journal.entriesOf(process.name), { deadlineMs, untilIn: true, signal: process.signal });
};

/**
 * Puts back what this run took out of its pools, if the process is still one that can work: not what was out before,
 * nor what is on hold. What stays out is in the journal, and goes back when it runs and is ready.
 */
export async function undoDepool(process: ProcessRun): Promise<string> {
  const { journal, run, supervisor } = process.context;
  const entries = journal.entriesOf(process.name).filter((entry) => entry.run === run.id);
  if (journal.holdOf(process.name) !== undefined) return `${process.name} stays out of its pools: it is on hold.`;
  const { state } = await supervisor.getProcessInfo(process.name);
  if (state !== 'RUNNING') return `${process.name} is ${state}; it goes back when it runs and is ready.`;
  const { signal } = new AbortController();
  await putBackEntries(process, entries, { deadlineMs: shortDeadlineMs, untilIn: false, signal });
  if (entries.length === 0) return `${process.name} runs on, in or out of its pools as it was before.`;
  return `${process.name} was put back and runs on.`;
}

async function putBackEntries(
  process: ProcessRun,
  entries: readonly JournalEntry[],
  options: { readonly deadlineMs: number; readonly untilIn: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { journal, findAddress } = process.context;
  await process.endKeeping();
  if (entries.length === 0) {
    if (process.action === 'pool') process.say('info', 'was not taken out by drainctl; there is nothing to put back');
    return;
  }
  const deadline = new Deadline(options.deadlineMs);
  const { pollMs } = process.target.settings;
  const onStillOut = ({ label, address }: JournalEntry, text: string) =>
    process.say(
      'warning',
      `is no longer kept out by drainctl, but ${label} at ${address} is ${text}, set by somebody else`,
    );
  await putBack(entries, { ...options, journal, findAddress, deadline, pollMs, onStillOut });
  process.say('info', `repooled: back in ${entries.map((entry) => `${entry.label} at ${entry.address}`).join(', ')}`);
}

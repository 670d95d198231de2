import { DrainctlError, isDrainctlError, toDrainctlError } from '../../errors.ts';
import { Deadline } from '../../time.ts';
import type { JournalEntry } from '../journal-file.ts';
import type { PhaseWork, ProcessRun } from '../process-run.ts';
import { putBack } from '../put-back.ts';
import { putBackOthers } from '../put-back-others.ts';
import { asClause } from '../wording.ts';

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
  const { forget } = process.context.run.options;
  if (process.target.isGone === true && forget === true) return forgetEntries(process);
  const deadlineMs = process.action === 'recover' ? shortDeadlineMs : process.target.settings.readyDeadlineMs;
  const entries = journal.entriesOf(process.name);
  // Of one that is gone the pool's own check may never find it up.
  const untilIn = process.target.isGone !== true;
  await putBackEntries(process, entries, { deadlineMs, untilIn, signal: process.signal }).catch((error: unknown) => {
    throw isPoolError(error) ? notPutBack(process, error) : error;
  });
  if (process.action === 'pool') await putBackOthers(process);
};

/** Leaves the members of a process that is gone where they are. */
async function forgetEntries(process: ProcessRun): Promise<void> {
  const { journal } = process.context;
  const entries = journal.entriesOf(process.name);
  for (const entry of entries) await journal.clear(entry);
  const where = entries.map(({ label, address }) => `${label} at ${address}`).join(', ');
  process.say('info', `is forgotten${where === '' ? '' : `; left as they are: ${where}`}`);
}

/**
 * Puts back what this run took out of its pools, if the process is still one that can work: not what was out before,
 * nor what is on hold. What stays out is in the journal, and goes back when it runs and is ready.
 */
export async function undoDepool(process: ProcessRun): Promise<string> {
  const { journal, run, supervisor } = process.context;
  const entries = journal.entriesOf(process.name).filter((entry) => entry.run === run.id);
  if (journal.holdOf(process.name) !== undefined) return `${process.name} stays out of its pools: it is on hold.`;
  const { state, pid } = await supervisor.getProcessInfo(process.name);
  if (state !== 'RUNNING') return `${process.name} is ${state}; it goes back when it runs and is ready.`;
  const { signal } = new AbortController();
  const changed = whatChanged(process, pid);
  const why = changed === '' ? '' : await whyNotReady(process, signal);
  if (why !== '')
    return `${process.name} stays out of its pools: ${changed} it is not ready (${why}). It goes back when it is: a sidecar sees to that; without one, "drainctl pool ${process.name}".`;
  await putBackEntries(process, entries, { deadlineMs: shortDeadlineMs, untilIn: false, signal }).catch(
    (error: unknown) => {
      throw stillOut(process, toDrainctlError(error));
    },
  );
  if (entries.length === 0) return `${process.name} runs on, in or out of its pools as it was before.`;
  return `${process.name} was put back and runs on.`;
}

/** Why it may not be what it was when it was taken out, as a clause to go on with; '' where it is. */
function whatChanged({ died, pid, stepsBegan }: ProcessRun, pidNow: number): string {
  if (died || (pid > 0 && pidNow > 0 && pidNow !== pid)) return 'it was started anew, and';
  return stepsBegan ? 'after what its steps did' : '';
}

/** One look; '' for one that is ready, as far as anybody can tell. */
async function whyNotReady({ target }: ProcessRun, signal: AbortSignal): Promise<string> {
  const answer = await target.ready?.isReady(signal);
  return answer === undefined || answer.ready ? '' : answer.why;
}

/** Puts back at once what this run took out a moment ago, of a process that ran then: while it is out others are missing it. */
export async function takeBack(process: ProcessRun): Promise<void> {
  const { journal, run } = process.context;
  const entries = journal.entriesOf(process.name).filter((entry) => entry.run === run.id);
  const { signal } = new AbortController();
  await putBackEntries(process, entries, { deadlineMs: shortDeadlineMs, untilIn: false, signal });
}

/** What to tell of a process that an earlier run has taken out and that this one has not put back; '' where there is nothing to tell. */
export function sayLeftOut({ name, isOut, context: { journal } }: ProcessRun): string {
  if (isOut || journal.entriesOf(name).length === 0 || journal.holdOf(name) !== undefined) return '';
  return `${name} is still out of its pools: "drainctl pool ${name}" puts it back once it is ready; a sidecar does so by itself.`;
}

function isPoolError(error: unknown): error is DrainctlError {
  return (['POOL_UNREACHABLE', 'POOL_REFUSED', 'POOL_MEMBER_MISSING'] as const).some((code) =>
    isDrainctlError(error, code),
  );
}

/** A pool's own error names its member only, and not what that means for the process. */
function notPutBack(process: ProcessRun, error: DrainctlError): DrainctlError {
  const { message } = stillOut(process, error);
  return new DrainctlError(error.code, `${process.name} runs and is ready, but could not be put back: ${message}`, {
    hint: error.hint,
    details: error.details,
    cause: error,
  });
}

/** What is back, what is not, and who tries again. */
function stillOut(process: ProcessRun, error: DrainctlError): DrainctlError {
  const left = process.context.journal.entriesOf(process.name);
  const elsewhere = left.length < process.target.members.length ? '; elsewhere it is as it was' : '';
  const message = `${asClause(error.message)}. Out still: ${left.map(placeOf).join(', ')}${elsewhere}. A sidecar puts that back as soon as it can; without one: "drainctl pool ${process.name}".`;
  return new DrainctlError(error.code, message, { hint: error.hint, details: error.details, cause: error });
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
  const othersOut = new Set<JournalEntry>();
  const onStillOut = (entry: JournalEntry, text: string) => {
    othersOut.add(entry);
    process.say('warning', `is no longer kept out by drainctl, but ${placeOf(entry)} is ${text}, set by somebody else`);
    process.addMessage(`${process.name} is out still: ${placeOf(entry)} is ${text}, set by somebody else.`);
  };
  await putBack(entries, { ...options, journal, findAddress, deadline, pollMs, onStillOut });
  const back = entries.filter((entry) => entry.wasIn && !othersOut.has(entry)).map(placeOf);
  const asBefore = entries.filter((entry) => !entry.wasIn).map(placeOf);
  if (back.length > 0) process.say('info', `repooled: back in ${back.join(', ')}`);
  if (asBefore.length > 0)
    process.say('info', `repooled: ${asBefore.join(', ')}, to the state it had before (out or down)`);
}

function placeOf({ label, address }: JournalEntry): string {
  return `${label} at ${address}`;
}

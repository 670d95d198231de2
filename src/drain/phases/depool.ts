import { DrainctlError, isDrainctlError, toDrainctlError } from '../../errors.ts';
import { Deadline, monotonicMs } from '../../time.ts';
import { entryOfOther } from '../gone.ts';
import { sayPlace } from '../journal-place.ts';
import { stopsUnconfirmed } from '../policy.ts';
import type { PhaseWork, ProcessRun } from '../process-run.ts';
import { retry } from '../retry.ts';
import { describeMember, entryKey, type TargetMember } from '../target.ts';

/**
 * Takes the process out of every pool. All addresses of all pools must confirm; one that can't be reached is tried
 * again until the deadline. Then a run that stops the process in any case goes on and says so; any other rejects.
 */
export const depool: PhaseWork = async (process) => {
  const { members, settings } = process.target;
  if (members.length === 0) return;
  process.outSinceMs ??= monotonicMs();
  // The gate may have no deadline of its own; a pool that does not answer is not waited for longer than configured.
  const deadline = new Deadline(Math.min(process.deadline.remainingMs, settings.deadlineMs));
  const { signal } = process;
  // All have ended, well or not, before anybody goes on: who undoes must find nothing still under way.
  const failures = (await Promise.all(members.map((member) => takeOut(process, member, deadline)))).flat();
  signal.throwIfAborted();
  const [first] = failures;
  if (first === undefined) {
    process.say('info', `depooled: out of ${members.map(describeMember).join(', ')}`);
  } else if (stopsUnconfirmed(process.action)) {
    for (const failure of failures)
      process.say('warning', `goes on although a pool did not confirm: ${failure.message}`);
  } else {
    throw first;
  }
};

/** The error, if it could not be taken out. Never rejects. */
async function takeOut(process: ProcessRun, member: TargetMember, deadline: Deadline): Promise<DrainctlError[]> {
  const { signal } = process;
  try {
    await retry(
      {
        deadline,
        signal,
        mayHelp: (error) => isDrainctlError(error, 'POOL_UNREACHABLE'),
        onFirstFailure: (error) => process.say('warning', `is still in a pool; trying again: ${error.message}`),
      },
      () => takeOutOnce(process, member, signal),
    );
    return [];
  } catch (error) {
    return [toDrainctlError(error)];
  }
}

/** Intent before effect: the state before is on the disk before the pool is touched. */
export async function takeOutOnce(process: ProcessRun, member: TargetMember, signal: AbortSignal): Promise<void> {
  await recordIntent(process, member, signal);
  await member.at.depool(member.member, process.outForMs, signal, process.action);
}

/** Writes down what it takes to put the member back, and touches nothing. What is written already stays as it is. */
export async function recordIntent(process: ProcessRun, member: TargetMember, signal: AbortSignal): Promise<void> {
  const { journal, run } = process.context;
  const state = await member.at.state(member.member, signal);
  if (state.placement === 'missing') throw memberMissing(process, member);
  const key = entryKey(process.name, member);
  // Taken out under the name that the process had until it was renamed: what it is now is our own work.
  const earlier = entryOfOther(journal.content, key);
  await journal.record({
    ...key,
    member: member.member,
    before: earlier?.before ?? state.before,
    wasIn: earlier?.wasIn ?? state.placement === 'in',
    at: new Date().toISOString(),
    run: run.id,
  });
  sayPlace(run, journal);
}

function memberMissing(process: ProcessRun, member: TargetMember): DrainctlError {
  return new DrainctlError(
    'POOL_MEMBER_MISSING',
    `Pool "${member.at.pool}" at ${member.at.address} has no member ${member.label}, so ${process.name} can't be taken out of it.`,
    { hint: 'Correct the member in the configuration, or add it to the pool.' },
  );
}

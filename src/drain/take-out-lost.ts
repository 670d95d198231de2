import { type DrainctlError, isDrainctlError, sentence, toDrainctlError } from '../errors.ts';
import type { ProcessInfo } from '../supervisor/process.ts';
import { Deadline } from '../time.ts';
import type { BriefJournal } from './brief-journal.ts';
import { type Loss, sayLoss } from './loss.ts';
import type { ProcessRun } from './process-run.ts';
import { retry } from './retry.ts';
import { describeMember, entryKey, type TargetMember } from './target.ts';

/** How to take out a process that is lost. */
export interface TakeOutOptions {
  readonly journal: BriefJournal;
  readonly signal: AbortSignal;
  /** A pool that does not answer is tried again for so long. */
  readonly retryLimitMs: number;
  /** What supervisord says of the process once it is out. */
  readonly askInfo: (process: ProcessRun) => Promise<ProcessInfo | undefined>;
}

/**
 * Takes a process out of every pool that still has it in, and says so. What is out already stays as it is, by whoever's
 * hand; what a pool does not know needs nothing. Never rejects: the process's report tells.
 */
export async function takeOutLost(process: ProcessRun, loss: Loss, options: TakeOutOptions): Promise<void> {
  const taken: TargetMember[] = [];
  const failures: DrainctlError[] = [];
  await process.timed('depool', async () => {
    await Promise.all(
      process.target.members.map(async (member) => {
        try {
          if (await takeOut(process, member, loss, options)) taken.push(member);
        } catch (error) {
          failures.push(toDrainctlError(error));
        }
      }),
    );
  });
  const [failure] = failures;
  if (failure === undefined && taken.length === 0) {
    process.end('skipped', `${process.name} was out of its pools already.`);
    return;
  }
  // Nobody saw what it had in flight.
  process.cut = -1;
  const happened = sayLoss(loss, await options.askInfo(process));
  if (failure === undefined) endOut(process, taken, happened, loss);
  else endFailed(process, failure, happened);
}

function endOut(process: ProcessRun, taken: readonly TargetMember[], happened: string, loss: Loss): void {
  const back = 'goes back when it runs and is ready';
  const where = taken.map(describeMember).join(', ');
  process.say(loss.isTrouble ? 'warning' : 'info', `${happened}; depooled: out of ${where}; ${back}`);
  process.end('done', `${process.name} ${happened}; it is out of its pools, and ${back}.`);
}

function endFailed(process: ProcessRun, failure: DrainctlError, happened: string): void {
  process.say('error', `${happened}, and could not be taken out: ${failure.toText()}`);
  const left = "it may still get work, until the pool's own check finds it down";
  process.end('failed', `${process.name} ${happened}, and ${left}: ${sentence(failure.message)}`, failure);
}

async function takeOut(
  process: ProcessRun,
  member: TargetMember,
  loss: Loss,
  { journal, signal, retryLimitMs }: TakeOutOptions,
): Promise<boolean> {
  const once = () => takeOutOnce(process, member, loss, journal, signal);
  const mayHelp = (error: DrainctlError) => isDrainctlError(error, 'POOL_UNREACHABLE');
  const onFirstFailure = (error: DrainctlError) =>
    process.say('warning', `is still in a pool; trying again: ${error.message}`);
  return retry({ deadline: new Deadline(retryLimitMs), signal, mayHelp, onFirstFailure }, once);
}

/** Intent before effect, as for every member that is taken out. False where there was nothing to do. */
async function takeOutOnce(
  process: ProcessRun,
  member: TargetMember,
  loss: Loss,
  journal: BriefJournal,
  signal: AbortSignal,
): Promise<boolean> {
  const { placement, before } = await member.at.state(member.member, signal);
  if (placement === 'out' || placement === 'missing') return false;
  await journal.record({
    ...entryKey(process.name, member),
    member: member.member,
    before,
    wasIn: placement === 'in',
    at: new Date().toISOString(),
    run: process.context.run.id,
    reason: loss.reason,
  });
  await member.at.depool(member.member, 0, signal, loss.reason);
  return true;
}

import { toDrainctlError } from '../errors.ts';
import { takeOutOnce } from './phases/depool.ts';
import type { ProcessRun } from './process-run.ts';
import { askMembers, type MemberAnswer } from './sample.ts';
import { describeMember, entryKey, type TargetMember } from './target.ts';
import type { Ticker } from './ticker.ts';

/**
 * While it runs, what a run has taken out stays out: each poll, a member that a pool has put back by itself (HAProxy
 * forgets its servers' states in a reload) is taken out again. Ends when `signal` is aborted.
 */
export async function keepOut(
  processes: readonly ProcessRun[],
  ticker: Ticker,
  pollMs: number,
  signal: AbortSignal,
): Promise<void> {
  const tightened = new WeakSet<TargetMember>();
  while (!signal.aborted) {
    try {
      await ticker.next(pollMs, Number.POSITIVE_INFINITY, signal);
      await Promise.all(
        processes
          .filter(isKeptOut)
          .map((process) => process.keep(signal, (limited) => assertOut(process, tightened, limited))),
      );
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** Not while the process is being taken out or put back: then its own phase has the say. */
function isKeptOut(process: ProcessRun): boolean {
  return process.isOut && process.phase !== 'depool' && process.phase !== 'repool';
}

async function assertOut(process: ProcessRun, tightened: WeakSet<TargetMember>, signal: AbortSignal): Promise<void> {
  const answers = await askMembers(process.target.members, signal);
  await Promise.all(answers.map((answer) => assertMemberOut(process, answer, tightened, signal)));
}

async function assertMemberOut(
  process: ProcessRun,
  answer: MemberAnswer,
  tightened: WeakSet<TargetMember>,
  signal: AbortSignal,
): Promise<void> {
  const { member } = answer;
  if ('error' in answer || !isKeptOut(process)) return;
  // What the run has stopped is not out by that pool any more, and is not to be: it may be another start by now.
  if (member.at.endsWithProcess && process.stopAsked) return;
  const isBack = answer.state.placement === 'in' || answer.state.placement === 'down';
  const tightens = process.outForMs >= member.at.tightensAfterMs && !tightened.has(member);
  if (!isBack && !(tightens && isOurs(process, member))) return;
  const wasOurs = isOurs(process, member);
  try {
    await takeOutOnce(process, member, signal);
    if (tightens) tightened.add(member);
    if (isBack) process.say('warning', takenOutText(member, wasOurs));
  } catch (error) {
    signal.throwIfAborted();
    sayOnce(process, member, toDrainctlError(error).message);
  }
}

function takenOutText(member: TargetMember, wasOurs: boolean): string {
  const where = describeMember(member);
  return wasOurs ? `was put back in ${where}; taken out again` : `was still in ${where}; taken out`;
}

function isOurs(process: ProcessRun, member: TargetMember): boolean {
  return process.context.journal.entry(entryKey(process.name, member)) !== undefined;
}

/** What goes wrong at every poll is said once. */
function sayOnce(process: ProcessRun, member: TargetMember, why: string): void {
  const where = describeMember(member);
  if (process.isNews(where)) process.say('warning', `could not be kept out of ${where}: ${why}`);
}

import type { MemberState } from '../pools/pool.ts';
import type { ProcessInfo } from '../supervisor/process.ts';
import type { MemberStatus, ProcessProgress, ProcessStatus } from './api.ts';
import { type Hold, isSameEntry, type JournalContent } from './journal-file.ts';
import { sayExit } from './loss.ts';
import { type MemberAnswer, takeLookInTime } from './sample.ts';
import { entryKey, isCounted, type Target } from './target.ts';
import { sayDuration, sayProgress } from './wording.ts';

/** A status is for a person who waits: what a pool or probe has not said by then is unknown. */
const lookLimitMs = 3_000;

/** What is known beside the pools: the journal, and the run that is under way. */
export interface StatusContext {
  readonly journal: JournalContent;
  /** False where nobody puts anything back by itself. */
  readonly isSidecar: boolean;
  /** How long it is kept out at least, in milliseconds, after it failed again and again. */
  readonly waitMs: number;
  /** Why its entry in the configuration does not fit it; "" where it does. */
  readonly problem: string;
  readonly run:
    | { readonly id: string; readonly action: string; readonly progress: readonly ProcessProgress[] }
    | undefined;
}

/** One process as status shows it. Never rejects: what can't be told is unknown, with the reason. */
export async function processStatus(target: Target, context: StatusContext): Promise<ProcessStatus> {
  const look = await takeLookInTime(target, lookLimitMs);
  const members = look.answers.map((answer) => memberStatus(answer, target, context.journal));
  const { info } = target;
  return {
    name: info.fullName,
    state: info.state,
    pid: info.pid,
    description: info.description,
    pool: poolWord(members),
    in_flight: isCounted(target) ? (look.inFlight ?? -1) : -1,
    uncounted: !isCounted(target),
    since: since(info, context.journal),
    why: why(info, members, look.unknownBecause, context),
    held: context.journal.holds.some((hold) => hold.process === info.fullName),
    run: progressOf(info, context) === undefined ? '' : (context.run?.id ?? ''),
    members,
  };
}

function memberStatus(answer: MemberAnswer, target: Target, journal: JournalContent): MemberStatus {
  const { at, label } = answer.member;
  const key = entryKey(target.info.fullName, answer.member);
  const ours = journal.entries.some((entry) => isSameEntry(entry, key));
  const known: Pick<MemberState, 'text'> & { placement: string } =
    'error' in answer ? { placement: 'unknown', text: answer.error } : answer.state;
  return { pool: at.pool, address: at.address, member: label, placement: known.placement, text: known.text, ours };
}

/** One word for all members. */
function poolWord(members: readonly MemberStatus[]): string {
  const placements = new Set(members.map((member) => member.placement));
  const [only] = placements;
  if (only === undefined) return 'none';
  if (placements.size === 1) return only;
  return placements.has('unknown') ? 'unknown' : 'partly';
}

function since(info: ProcessInfo, journal: JournalContent): string {
  const hold = journal.holds.find((candidate) => candidate.process === info.fullName);
  const entry = journal.entries.find((candidate) => candidate.process === info.fullName);
  const taken = hold?.since ?? entry?.at;
  if (taken !== undefined) return taken;
  const changedAtS = info.pid > 0 ? info.startedAtS : info.stoppedAtS;
  return changedAtS > 0 ? new Date(changedAtS * 1_000).toISOString() : '';
}

function why(
  info: ProcessInfo,
  members: readonly MemberStatus[],
  unknownBecause: string,
  context: StatusContext,
): string {
  const { journal } = context;
  const progress = progressOf(info, context);
  if (progress !== undefined) return `${context.run?.action ?? ''}: ${sayProgress(progress)}`;
  if (context.problem !== '') return context.problem;
  const hold = journal.holds.find((candidate) => candidate.process === info.fullName);
  if (hold !== undefined) return `on hold: ${hold.reason}${untilText(hold, context)}`;
  if (journal.entries.some((entry) => entry.process === info.fullName)) {
    const taken = `${sayReason(info, journal)}taken out by drainctl`;
    if (!context.isSidecar) return `${taken}; no sidecar runs, so "drainctl pool ${info.fullName}" puts it back`;
    return `${taken}; goes back when ${info.state === 'RUNNING' ? '' : 'it runs and is '}ready${sayWait(info, context)}`;
  }
  const theirs = members.find((member) => member.placement === 'out' || member.placement === 'missing');
  if (theirs !== undefined) return `${theirs.member} at ${theirs.address} is ${theirs.text}, not by drainctl`;
  return unknownBecause;
}

/** One that crashed again and again, or could not be put back, is kept out for a while. */
function sayWait(info: ProcessInfo, { waitMs }: StatusContext): string {
  if (waitMs <= 0) return '';
  return `, in ${sayDuration(waitMs)} at the earliest, as it has failed before; at once with "drainctl pool ${info.fullName}"`;
}

/** What befell it, as far as it is known: `crashed (exit status 1); `. */
function sayReason(info: ProcessInfo, journal: JournalContent): string {
  const { reason } =
    journal.entries.find((entry) => entry.process === info.fullName && entry.reason !== undefined) ?? {};
  if (reason === undefined) return '';
  const exit = sayExit(info);
  return `${reason}${exit === '' ? '' : ` (${exit})`}; `;
}

function progressOf(info: ProcessInfo, context: StatusContext): ProcessProgress | undefined {
  const progress = context.run?.progress.find((candidate) => candidate.name === info.fullName);
  return progress === undefined || progress.outcome !== '' || progress.phase === '' ? undefined : progress;
}

function untilText(hold: Hold, context: StatusContext): string {
  if (hold.until === '') return '';
  return context.isSidecar ? ` (until ${hold.until})` : ` (until ${hold.until}, but no sidecar runs to end it)`;
}

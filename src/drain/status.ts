import type { ProcessInfo } from '../supervisor/process.ts';
import type { DriftStatus, MemberStatus, ProcessProgress, ProcessStatus } from './api.ts';
import { driftOf, type FoundMember } from './drift.ts';
import { formerPoolOf, type Hold, isSameEntry, type JournalContent } from './journal-file.ts';
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
  const { info } = target;
  const found = look.answers.map((answer) => foundMember(answer, target, context.journal));
  const members = look.answers.map((answer, index) => memberStatus(answer, found[index]?.entry !== undefined));
  const drift = driftOf(found, { nowMs: Date.now(), isChanging: isChanging(progressOf(info, context)) });
  return {
    name: info.fullName,
    state: info.state,
    pid: info.pid,
    description: info.description,
    pool: poolWord(members),
    in_flight: isCounted(target) ? (look.inFlight ?? -1) : -1,
    uncounted: !isCounted(target),
    since: since(info, context.journal),
    why: why(info, { members, drift, unknownBecause: look.unknownBecause }, context),
    held: context.journal.holds.some((hold) => hold.process === info.fullName),
    run: progressOf(info, context) === undefined ? '' : (context.run?.id ?? ''),
    members,
    drift,
  };
}

function memberStatus(answer: MemberAnswer, ours: boolean): MemberStatus {
  const { at, label } = answer.member;
  const { placement, text } = 'error' in answer ? { placement: 'unknown', text: answer.error } : answer.state;
  return { pool: at.pool, address: at.address, member: label, placement, text, ours };
}

function foundMember(answer: MemberAnswer, target: Target, journal: JournalContent): FoundMember {
  const { at, label } = answer.member;
  const key = entryKey(target.info.fullName, answer.member);
  return {
    pool: at.pool,
    address: at.address,
    label,
    state: 'error' in answer ? undefined : answer.state,
    entry: journal.entries.find((entry) => isSameEntry(entry, key)),
    formerPool: formerPoolOf(journal.entries, key),
    isOtherHand: (before, now) => at.isOtherHand(before, now),
  };
}

/** While a run takes it out or puts it back, the journal and the pools differ for a moment. */
function isChanging(progress: ProcessProgress | undefined): boolean {
  return progress?.phase === 'depool' || progress?.phase === 'repool';
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

/** What was found of one process. */
interface Found {
  readonly members: readonly MemberStatus[];
  readonly drift: readonly DriftStatus[];
  readonly unknownBecause: string;
}

function why(info: ProcessInfo, found: Found, context: StatusContext): string {
  const progress = progressOf(info, context);
  if (progress !== undefined) return `${context.run?.action ?? ''}: ${sayProgress(progress)}`;
  if (context.problem !== '') return context.problem;
  const ours = whyOut(info, context);
  const drift = found.drift.map(({ text }) => text);
  if (ours !== '' || drift.length > 0) return [ours, ...drift].filter((text) => text !== '').join('; ');
  const missing = found.members.find((member) => member.placement === 'missing');
  if (missing !== undefined) return `${missing.member} at ${missing.address}: ${missing.text}`;
  if (found.unknownBecause !== '') return found.unknownBecause;
  // Where nothing counts the work, or a probe does, nobody else tells why a pool is unknown.
  return found.members.find((member) => member.placement === 'unknown')?.text ?? '';
}

/** Why drainctl keeps it out; "" where it does not. */
function whyOut(info: ProcessInfo, context: StatusContext): string {
  const { journal } = context;
  const hold = journal.holds.find((candidate) => candidate.process === info.fullName);
  if (hold !== undefined) return `on hold: ${hold.reason}${untilText(hold, context)}`;
  if (journal.entries.some((entry) => entry.process === info.fullName)) {
    const taken = `${sayReason(info, journal)}taken out by drainctl`;
    if (!context.isSidecar) return `${taken}; no sidecar runs, so "drainctl pool ${info.fullName}" puts it back`;
    return `${taken}; goes back when ${info.state === 'RUNNING' ? '' : 'it runs and is '}ready${sayWait(info, context)}`;
  }
  return '';
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

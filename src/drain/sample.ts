import { DrainctlError, type ErrorCode, toDrainctlError } from '../errors.ts';
import type { MemberState } from '../pools/pool.ts';
import { monotonicMs, withTimeout } from '../time.ts';
import type { Sample } from './drained.ts';
import { describeMember, type Target, type TargetMember } from './target.ts';
import { asClause, sayDuration } from './wording.ts';

/** A count, or why there is none. */
type Count = { readonly inFlight: number } | { readonly unknownBecause: string };

/** What one member's address said, or why it could not be asked. */
export type MemberAnswer = { readonly member: TargetMember } & (
  | { readonly state: MemberState }
  | { readonly error: string }
);

/** Asks every member where it stands; one that has not answered after `limitMs` is told as such. Never rejects but on abort. */
export async function askMembers(
  members: readonly TargetMember[],
  signal: AbortSignal,
  limitMs = Number.POSITIVE_INFINITY,
): Promise<MemberAnswer[]> {
  return Promise.all(
    members.map(async (member) => {
      const late = lateAnswer('POOL_UNREACHABLE', describeMember(member));
      try {
        const state = await withTimeout(limitMs, signal, late, (bounded) => member.at.state(member.member, bounded));
        return { member, state };
      } catch (error) {
        signal.throwIfAborted();
        return { member, error: toDrainctlError(error).message };
      }
    }),
  );
}

/** A sample, and what each member's address said. */
export interface Look extends Sample {
  readonly answers: readonly MemberAnswer[];
}

/**
 * One look at a process: all its members and probes at the same time. What can't be told makes the whole unknown, and
 * so does what has not answered after `limitMs`: it is named. Rejects only with the signal's reason.
 */
export async function takeLook(target: Target, signal: AbortSignal, limitMs = Number.POSITIVE_INFINITY): Promise<Look> {
  const startedAtMs = monotonicMs();
  const [answers, probed] = await Promise.all([
    askMembers(target.members, signal, limitMs),
    probe(target, signal, limitMs),
  ]);
  const counts = probed ?? answers.filter((answer) => answer.member.at.counts).map(countOf);
  const unknown = counts.flatMap((count) => ('unknownBecause' in count ? [count.unknownBecause] : []));
  return {
    answers,
    startedAtMs,
    endedAtMs: monotonicMs(),
    inFlight:
      unknown.length > 0
        ? undefined
        : counts.reduce((sum, count) => sum + ('inFlight' in count ? count.inFlight : 0), 0),
    unknownBecause: unknown.map(asClause).join('; '),
    notOut: answers.filter(mayStillGetWork).map((answer) => describeMember(answer.member)),
    missing: answers.filter(isMissing).map((answer) => describeMember(answer.member)),
    poolSilentBecause: answers.find((answer) => 'error' in answer)?.error,
  };
}

/** {@link takeLook} for somebody who waits: after `limitMs` all is unknown that was not said. Never rejects. */
export async function takeLookInTime(
  target: Target,
  limitMs: number,
): Promise<Pick<Look, 'answers' | 'inFlight' | 'unknownBecause'>> {
  try {
    return await withTimeout(
      limitMs,
      undefined,
      () => new Error(),
      (signal) => takeLook(target, signal),
    );
  } catch {
    const error = `no answer within ${sayDuration(limitMs)}`;
    return { answers: target.members.map((member) => ({ member, error })), inFlight: undefined, unknownBecause: error };
  }
}

/** An address that does not answer may still send work. A member that it does not know gets none. */
function mayStillGetWork(answer: MemberAnswer): boolean {
  return 'error' in answer || answer.state.placement === 'in' || answer.state.placement === 'down';
}

function isMissing(answer: MemberAnswer): boolean {
  return 'state' in answer && answer.state.placement === 'missing';
}

function countOf(answer: MemberAnswer): Count {
  if ('error' in answer) return { unknownBecause: answer.error };
  const { inFlight, inFlightUnknown, placement } = answer.state;
  if (inFlight !== undefined) return { inFlight };
  if (placement === 'missing') return { unknownBecause: `${describeMember(answer.member)} does not exist there` };
  return { unknownBecause: inFlightUnknown ?? `${describeMember(answer.member)} did not say what is in flight` };
}

async function probe(target: Target, signal: AbortSignal, limitMs: number): Promise<Count[] | undefined> {
  if (target.probes === undefined) return undefined;
  return Promise.all(
    target.probes.map(async (one) => {
      const late = lateAnswer('PROBE_FAILED', `Probe ${one.target}`);
      try {
        return { inFlight: await withTimeout(limitMs, signal, late, (bounded) => one.measure(bounded)) };
      } catch (error) {
        signal.throwIfAborted();
        return { unknownBecause: toDrainctlError(error).message };
      }
    }),
  );
}

function lateAnswer(code: ErrorCode, who: string): () => DrainctlError {
  return () => new DrainctlError(code, `${who} did not answer before the deadline`);
}

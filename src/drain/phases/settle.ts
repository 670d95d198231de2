import { formatDuration } from '../../duration.ts';
import { DrainctlError } from '../../errors.ts';
import { sleep, withTimeout } from '../../time.ts';
import type { PhaseWork, ProcessRun } from '../process-run.ts';
import { describeMember, type TargetMember } from '../target.ts';

/**
 * Waits until the pools have truly stopped sending work: as long as their drivers know that they need, or as configured.
 * Where a pool can observe it, that is the longest; what it has not observed until then is told, and the run goes on.
 */
export const settle: PhaseWork = async (process) => {
  const { members, settings } = process.target;
  if (members.length === 0 || settings.settleMs === 0) return;
  const longestMs = Math.min(settings.settleMs, process.deadline.remainingMs);
  const observed = members.filter(({ at }) => at.observesSettling);
  if (observed.length === 0) return sleep(longestMs, process.signal);
  const others = members.filter(({ at }) => !at.observesSettling);
  const othersMs = Math.max(0, ...others.map(({ at }) => at.settleMs));
  await Promise.all([
    sleep(Math.min(othersMs, longestMs), process.signal),
    ...observed.map((member) => observe(process, member, longestMs)),
  ]);
};

async function observe(process: ProcessRun, member: TargetMember, longestMs: number): Promise<void> {
  const { signal } = process;
  const late = new DrainctlError('DEADLINE_PASSED', 'the longest wait for a pool to settle has passed');
  try {
    await withTimeout(
      longestMs,
      signal,
      () => late,
      (limited) => member.at.settled(member.member, limited),
    );
  } catch (error) {
    if (error !== late) throw error;
    const text = await saysNow(member, signal);
    process.say(
      'warning',
      `goes on after ${formatDuration(Math.round(longestMs))}, though it was not seen that ${describeMember(member)} gets no more work: ${text}`,
    );
  }
}

async function saysNow({ at, member }: TargetMember, signal: AbortSignal): Promise<string> {
  const state = await at.state(member, signal).catch(() => undefined);
  return state?.text ?? 'the pool does not answer';
}

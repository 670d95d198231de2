import { backoffMs } from '../../backoff.ts';
import { DrainctlError } from '../../errors.ts';
import { Deadline, monotonicMs, sleep } from '../../time.ts';
import { askCapacity, type CapacityAnswer, countedMembers, sayAnswer, sayGroup } from '../ask-capacity.ts';
import { canBecomeEnough, comesFirst, isEnough, judge, worstOf } from '../capacity.ts';
import { mustGoOn } from '../policy.ts';
import type { PhaseWork, ProcessRun } from '../process-run.ts';
import type { TargetMember } from '../target.ts';
import { sayDuration } from '../wording.ts';
import { depool, recordIntent } from './depool.ts';
import { takeBack } from './repool.ts';

/** How long others may take to give way, when they are the ones who have to. They do so at their next look. */
const patienceMs = 500;

/** However seldom the work in flight is measured, others are counted at least this often. */
const longestPauseMs = 250;

/** Pauses of the one who has given way, so that two do not meet again and again. */
const givenWay = { firstMs: 200, longestMs: 4_000 };

/**
 * Waits until enough others are available, and takes the process out, as one step: no other process of the run counts
 * in between. Where another host took out its own in the same moment, one of the two gives way, by a fixed order (see
 * `capacity.ts`): it goes back, and waits again. It keeps the times of the phases itself, because it goes to and fro between them.
 *
 * Rejects with `TOO_FEW_AVAILABLE` after `capacity_wait`, with nothing taken out. A run that must go on says so instead.
 */
export const acquire: PhaseWork = async (process) => {
  const { run, capacity } = process.context;
  const members = countedMembers(process.target);
  if (members.length === 0 || run.options.force === true) return;
  const endTurn = await process.timed('acquire', () => capacity.turn(members, process.signal));
  try {
    await acquireInTurn(process, members);
  } finally {
    endTurn();
  }
  if (!process.isOut) process.restartDeadline();
  await process.refreshPid();
};

async function acquireInTurn(process: ProcessRun, members: readonly TargetMember[]): Promise<void> {
  const { capacity } = process.context;
  // It goes on, and is taken out together with the others that do.
  if (mustGoOn(process.action) && capacity.givenUp(members) !== undefined) return;
  await process.timed('acquire', () => letOthersFirst(process, members));
  const wait = new Wait(process, members);
  for (let attempt = 0; ; attempt += 1) {
    const before = await process.timed('acquire', () => wait.untilEnough(attempt > 0));
    if (before === undefined) return;
    // It is for the drain, not for this wait.
    process.restartDeadline();
    await process.timed('depool', () => depool(process));
    if (mustGoOn(process.action) || (await process.timed('acquire', () => isConfirmed(process, before))))
      return capacity.takeOut(members);
    // What has died does no work where it goes back to, and nobody may put it back before it is ready again.
    if ((await process.fate()).kind !== 'lives') return capacity.takeOut(members);
    await giveWay(process, members);
    const pause = () => sleep(Math.min(backoffMs(attempt, givenWay), wait.deadline.remainingMs), process.signal);
    await process.timed('acquire', pause);
  }
}

/**
 * Hosts that are told to restart in the same moment seldom count in the same one then. And between two of its own a restart waits
 * for longer than a host that waits takes to count again: so they take turns, and neither takes all of its own first.
 */
async function letOthersFirst(process: ProcessRun, members: readonly TargetMember[]): Promise<void> {
  if (mustGoOn(process.action)) return;
  const isFirst = process.action !== 'restart' || !process.context.capacity.hasTakenOut(members);
  await sleep((isFirst ? 0 : 2 * longestPauseMs) + 2 * paceMs(process) * Math.random(), process.signal);
}

/** One process's wait for capacity; its time runs from the first count that finds too few. */
class Wait {
  readonly #process: ProcessRun;
  readonly #members: readonly TargetMember[];
  #deadline: Deadline | undefined;
  #said = false;

  constructor(process: ProcessRun, members: readonly TargetMember[]) {
    this.#process = process;
    this.#members = members;
  }

  get deadline(): Deadline {
    this.#deadline ??= this.#process.context.capacity.waitFor(this.#members);
    return this.#deadline;
  }

  /** What was counted; undefined where there are too few, and the run goes on all the same. `again`: after giving way, so only in time. */
  async untilEnough(again: boolean): Promise<readonly CapacityAnswer[] | undefined> {
    for (;;) {
      const { capacity } = this.#process.context;
      const earlier = capacity.givenUp(this.#members);
      const answers = await askCapacity(this.#members, this.#process.signal);
      const short = answers.filter(({ reading }) => reading === undefined || !isEnough(reading));
      const isInTime = earlier === undefined && !(again && this.deadline.passed);
      if (short.length === 0 && isInTime && (await isEnoughOnceMore(this.#process, this.#members))) return answers;
      if (!isInTime || this.#isOver(short)) return this.#giveUp(short);
      if (short.length > 0) this.#sayWhatFor(short);
      await sleep(Math.min(pauseMs(this.#process), this.deadline.remainingMs), this.#process.signal);
    }
  }

  /** The gate holds up supervisord's own end, and has no time; nobody waits for what can't be. */
  #isOver(short: readonly CapacityAnswer[]): boolean {
    const { action, context } = this.#process;
    const inVain = short.some(
      ({ member, reading }) => reading !== undefined && !canBecomeEnough(reading, context.capacity.goneFrom(member)),
    );
    return action === 'gate' || inVain || this.deadline.passed;
  }

  #sayWhatFor(short: readonly CapacityAnswer[]): void {
    if (this.#said) return;
    this.#said = true;
    const limit = sayDuration(this.deadline.remainingMs);
    this.#process.say(
      'info',
      `waits up to ${limit} until enough others are available: ${short.map(sayAnswer).join('; ')}`,
    );
  }

  #giveUp(short: readonly CapacityAnswer[]): undefined {
    const { context, name, action } = this.#process;
    const waited = this.#said ? ` after ${sayDuration(this.deadline.elapsedMs)}` : '';
    // Where there are enough by now, another of its run has ended the run, or others went out whenever this one did.
    const why = short.length === 0 ? 'others of its pools were taken out before it' : short.map(sayAnswer).join('; ');
    const what = `too few others are available${waited}: ${why}`;
    const error = new DrainctlError('TOO_FEW_AVAILABLE', `${name} was not taken out of its pools, because ${what}.`, {
      hint: `See who is out, and why; or go on all the same: "drainctl ${action} ${name} --force".`,
    });
    // One that goes on leaves all of its groups; where it stays, those that have enough are not to blame.
    const inVain = mustGoOn(action) || short.length === 0 ? this.#members : short.map(({ member }) => member);
    context.capacity.giveUp(inVain, error);
    if (!mustGoOn(action)) throw error;
    context.run.sayOnce({ kind: 'warning', message: `goes on although ${what}` });
    return undefined;
  }
}

/**
 * Writes down what is about to be done, which may take a while on a slow disk, and counts once more: between this count
 * and the depool there must be as little time as can be. False where there are too few now; then nothing is written down.
 */
async function isEnoughOnceMore(process: ProcessRun, members: readonly TargetMember[]): Promise<boolean> {
  const { signal } = process;
  if (mustGoOn(process.action)) return true;
  const withdraw = () => withdrawIntents(process);
  try {
    // What can't be asked now, depool asks again.
    await Promise.all(process.target.members.map((member) => recordIntent(process, member, signal).catch(() => {})));
    const answers = await askCapacity(members, signal);
    if (answers.every(({ reading }) => reading !== undefined && isEnough(reading))) return true;
  } catch (error) {
    await withdraw();
    throw error;
  }
  await withdraw();
  return false;
}

async function withdrawIntents(process: ProcessRun): Promise<void> {
  const { journal, run } = process.context;
  for (const entry of journal.entriesOf(process.name)) if (entry.run === run.id) await journal.clear(entry);
}

/** Whether enough others are left now that it is out; false: it has to give way. */
async function isConfirmed(process: ProcessRun, before: readonly CapacityAnswer[]): Promise<boolean> {
  const patience = new Deadline(patienceMs);
  const members = before.map(({ member }) => member);
  for (;;) {
    const now = await askCapacity(members, process.signal);
    const verdicts = before.map(({ member, reading }, index) =>
      reading === undefined
        ? 'enough'
        : judge(reading, now[index]?.reading, (other) => isBefore(other, member, members)),
    );
    const verdict = worstOf(verdicts);
    if (verdict === 'enough') return true;
    if (verdict === 'give way' || patience.passed) return false;
    await sleep(pauseMs(process) / 4, process.signal);
  }
}

/** The order among hosts, by what all addresses of that pool have seen. */
function isBefore(other: string, member: TargetMember, members: readonly TargetMember[]): boolean {
  const own = member.at.capacity?.nameOf(member.member) ?? '';
  const same = members.filter(({ at, label }) => at.pool === member.at.pool && label === member.label);
  return comesFirst(
    other,
    own,
    same.map(({ at, member: each }) => at.capacity?.outBefore(each)),
  );
}

async function giveWay(process: ProcessRun, members: readonly TargetMember[]): Promise<void> {
  const groups = members.map(sayGroup).join(', ');
  process.say('info', `gives way: others of ${groups} went out in the same moment; it goes back, and waits`);
  try {
    await process.timed('repool', () => takeBack(process));
  } catch (error) {
    // Still out, as far as is known: whoever ends the run tries once more, and tells.
    process.outSinceMs ??= monotonicMs();
    throw error;
  }
}

/** A little other for each, so that two hosts do not look in the same moments. */
function pauseMs(process: ProcessRun): number {
  return paceMs(process) * (1 - Math.random() / 2);
}

function paceMs({ target }: ProcessRun): number {
  return Math.min(longestPauseMs, target.settings.pollMs);
}

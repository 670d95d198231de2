import type { OpenedStep } from '../config/open.ts';
import { DrainctlError, sentence, toDrainctlError } from '../errors.ts';
import type { StepMoment } from '../steps/step.ts';
import { withTimeout } from '../time.ts';
import { mustGoOn } from './policy.ts';
import type { ProcessRun } from './process-run.ts';
import { sayDuration } from './wording.ts';

/** A step ends by itself when its time is up; this is for one that does not. */
const marginMs = 2_000;

/**
 * Does the steps that the configuration has for this moment, one after the other. Those of a process that has ended are
 * not needed. One that was not done is a warning; where it says `abort` the others are left out, and a run that does not
 * have to go on rejects with its `STEP_FAILED`. The process's deadline does not run meanwhile.
 */
export async function doSteps(process: ProcessRun, moment: StepMoment): Promise<void> {
  await process.besideDeadline(() => doAll(process, moment));
}

async function doAll(process: ProcessRun, moment: StepMoment): Promise<void> {
  const all = process.target.steps?.[moment] ?? [];
  for (const [index, each] of all.entries()) {
    if (await hasEnded(process, process.signal)) return sayNotNeeded(process, moment);
    const number = `${index + 1} of ${all.length}`;
    const failure = await perform(process, moment, each, number);
    if (failure === undefined) continue;
    if (await hasEnded(process, process.signal)) return sayNotNeeded(process, moment);
    takeFailure(process, `${moment} ${number}`, each, failure);
    if (each.onFailure === 'abort') return;
  }
}

/** Says that a step was not done, or throws where that ends the run. */
function takeFailure(process: ProcessRun, title: string, { onFailure }: OpenedStep, failure: DrainctlError): void {
  if (onFailure === 'abort' && !mustGoOn(process.action)) throw ending(process, title, failure);
  const rest = onFailure === 'abort' ? '; the steps after it are left out' : '';
  process.say('warning', `goes on although a step was not done${rest}: ${title}, ${failure.toText()}`);
  process.addMessage(`${process.name}: ${title} was not done: ${sentence(failure.message)}`);
}

/** The error, if it was not done. Rejects only with the reason of the process's signal. */
async function perform(
  process: ProcessRun,
  moment: StepMoment,
  { step }: OpenedStep,
  number: string,
): Promise<DrainctlError | undefined> {
  const { name, pid, action, signal } = process;
  const occasion = {
    ...{ process: name, pid, action, moment },
    hasEnded: (limited: AbortSignal) => hasEnded(process, limited),
  };
  process.stepsBegan = true;
  process.doing = `${number}: ${step.target}`;
  process.say('info', `${moment} ${process.doing}`);
  const late = () =>
    new DrainctlError('STEP_FAILED', `${step.target}: it did not end within ${sayDuration(step.longestMs)}`, {
      hint: 'This is a bug in drainctl: a step ends when its time is up. Please report it.',
    });
  try {
    await withTimeout(step.longestMs + marginMs, signal, late, (limited) => step.perform(occasion, limited));
    return undefined;
  } catch (thrown) {
    signal.throwIfAborted();
    return toDrainctlError(thrown);
  } finally {
    process.doing = '';
  }
}

async function hasEnded(process: ProcessRun, signal: AbortSignal): Promise<boolean> {
  return (await process.context.fateOf(process.target, process.pid, signal)).kind === 'gone';
}

function sayNotNeeded(process: ProcessRun, moment: StepMoment): void {
  process.say('info', `has ended; what is left of ${moment} is not needed`);
}

function ending({ name }: ProcessRun, title: string, failure: DrainctlError): DrainctlError {
  const { message, hint, details } = failure;
  const text = `${name} was not stopped, because a step was not done: ${title}, ${message}`;
  return new DrainctlError('STEP_FAILED', text, { hint, details, cause: failure });
}

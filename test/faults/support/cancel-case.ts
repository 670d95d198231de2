import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { type phases, type RunAction, runActions } from '../../../src/drain/api.ts';
import { readJournalFile } from '../../../src/drain/journal-file.ts';
import { pipelines } from '../../../src/drain/policy.ts';
import { SidecarClient } from '../../../src/sidecar/client.ts';
import { exitCodeOf, waitForStep } from '../../support/acceptance.ts';
import type { RunningProcess } from '../../support/processes.ts';
import type { Stack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type CancelStack, type HoldablePhase, settlingProcess } from './cancel-stack.ts';

/** The ways to end a run from outside. */
export const ways = ['drainctl cancel', 'SIGINT', 'SIGTERM', 'SIGINT twice'] as const;
export type CancelWay = (typeof ways)[number];

/** A run of a person's that is cancelled in one of its phases. */
export interface CancelCase {
  readonly action: PersonsAction;
  readonly phase: HoldablePhase;
  readonly way: CancelWay;
}

/** What nobody asks for over the API is not cancelled either. */
type PersonsAction = Exclude<RunAction, 'gate' | 'recover' | 'depool'>;

const isPersons = (action: RunAction): action is PersonsAction => !['gate', 'recover', 'depool'].includes(action);
const isHoldable = (phase: (typeof phases)[number]): phase is HoldablePhase => phase !== 'hold' && phase !== 'release';

/** Every action in every phase of its pipeline, ended in every way that there is for it. */
export function allCancels(sidecar: boolean): readonly CancelCase[] {
  return runActions
    .filter(isPersons)
    .flatMap((action) =>
      pipelines[action]
        .filter(isHoldable)
        .flatMap((phase) => waysFor(action, sidecar).map((way) => ({ action, phase, way }))),
    );
}

/** A signal makes `drainctl shutdown` leave, and not cancel: systemd goes on all the same. */
function waysFor(action: RunAction, sidecar: boolean): readonly CancelWay[] {
  if (action === 'shutdown') return sidecar ? ['drainctl cancel'] : [];
  return ways.filter((way) => sidecar || way !== 'drainctl cancel');
}

/** What came of a cancelled command. */
export interface CancelResult {
  readonly exitCode: number | null;
  readonly output: string;
  /** From the last signal to the end of the command. */
  readonly endedAfterMs: number;
  /** How many stops there were in its time. */
  readonly stops: readonly string[];
}

/** Runs the command to the phase and cancels it there. */
export async function carryOut(world: CancelStack, { action, phase, way }: CancelCase): Promise<CancelResult> {
  const { stack } = world;
  const names = namesFor(action, phase);
  await prepare(stack, action, names);
  const stopsBefore = stack.stops().length;
  const command = await world.holdIn(phase, () => stack.spawnDrainctl([action, ...names]));
  await cancel(stack, command, way);
  const cancelledAt = performance.now();
  if (way === 'SIGINT twice') await exitCodeOf(command);
  const endedAfterMs = performance.now() - cancelledAt;
  await world.release();
  const exitCode = await exitCodeOf(command);
  return {
    exitCode,
    output: `${command.stderr}${command.stdout}`,
    endedAfterMs,
    stops: stack
      .stops()
      .slice(stopsBefore)
      .map(({ name, inFlight }) => `${name} ${inFlight}`),
  };
}

/** Two, so that one is left that the run never came to; a shutdown has all. */
function namesFor(action: RunAction, phase: HoldablePhase): readonly string[] {
  if (action === 'shutdown') return [];
  return phase === 'settle' ? [settlingProcess] : ['web:web_00', 'web:web_01'];
}

/** What is to be started must not run; what is to be put back must be out. */
async function prepare(stack: Stack, action: PersonsAction, names: readonly string[]): Promise<void> {
  const before = action === 'start' ? 'stop' : action === 'pool' ? 'drain' : undefined;
  if (before === undefined) return;
  const { exitCode, stderr } = await stack.drainctl([before, ...names]);
  expect(exitCode, stderr).toBe(0);
}

async function cancel(stack: Stack, command: RunningProcess, way: CancelWay): Promise<void> {
  if (way === 'drainctl cancel') {
    const { exitCode, stdout } = await stack.drainctl(['cancel']);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('is being cancelled')]);
    return;
  }
  const signal = way === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
  command.kill(signal);
  await waitForStep(command, /cancelling/);
  if (way === 'SIGINT twice') command.kill(signal);
  // The sidecar takes calls in their order: before it answers this one it has heard of the cancel.
  else await stack.drainctl(['status']);
}

/** True where the process's stop had been asked for when the run was cancelled: then there is no way back. */
export function wasTooLate({ action, phase }: CancelCase): boolean {
  const pipeline = pipelines[action];
  return pipeline.includes('stop') && pipeline.indexOf(phase) >= pipeline.indexOf('stop');
}

/** What the documentation says of web_00 afterwards: a stop that was asked for is carried out, a restart finished. */
export function runsAfterwards(given: CancelCase): boolean {
  return !wasTooLate(given) || given.action === 'restart';
}

/**
 * Waits until every process is as it should be: those that run are in, except those that `mayBeOut` names; web_00 is
 * out where it was stopped. The journal knows who is out, nobody is on hold, and the sidecar has nothing left to do.
 */
export async function expectAllBack(stack: Stack, web00Runs: boolean, mayBeOut: readonly string[] = []): Promise<void> {
  let wrong: readonly string[] = [];
  await waitFor(
    async () => {
      wrong = await whatIsWrong(stack, web00Runs, mayBeOut);
      return wrong.length === 0;
    },
    { what: 'everything to be as it was promised', timeoutMs: 60_000, intervalMs: 50 },
  ).catch((cause: unknown) => {
    throw new Error(`${String(cause)}\n${wrong.join('\n')}`, { cause });
  });
}

async function whatIsWrong(stack: Stack, web00Runs: boolean, mayBeOut: readonly string[]): Promise<string[]> {
  const states = await stack.supervisord.states();
  const [up, out] = [await stack.haproxy.serverStates(), await stack.haproxy.serversOut()];
  const { entries, holds } = await readJournalFile(`${stack.stateDir}/journal.json`);
  const run = await currentRun(stack);
  const processes = stack.webNames
    .filter((name) => !mayBeOut.includes(name))
    .map((name) => {
      const server = name.replace('web:', '');
      const isOut = out.includes(server);
      const isKnown = entries.some(({ process }) => process === name) === isOut;
      const shouldRun = name !== 'web:web_00' || web00Runs;
      const state = states.get(name);
      const isWell = shouldRun
        ? state === 'RUNNING' && !isOut && up.get(server) === 'UP'
        : state === 'STOPPED' && isOut;
      return isWell && isKnown
        ? ''
        : `${name} is ${state} and ${up.get(server)}, ${isOut ? 'out' : 'in'}, in the journal: ${isKnown === isOut}`;
    });
  return [...processes, ...holds.map(({ process }) => `${process} is on hold`), run].filter((text) => text !== '');
}

/** Of a sidecar's engine; without a sidecar the run has ended with its command. */
async function currentRun(stack: Stack): Promise<string> {
  const socket = stack.sidecarUrl.replace('unix://', '');
  return existsSync(socket) ? (await new SidecarClient(socket).getStatus()).run : '';
}

/** The processes that run and are out, which nobody puts back without a sidecar. */
export async function leftOut(stack: Stack): Promise<readonly string[]> {
  const [states, out] = [await stack.supervisord.states(), await stack.haproxy.serversOut()];
  return stack.webNames.filter((name) => states.get(name) === 'RUNNING' && out.includes(name.replace('web:', '')));
}

/** Everything runs, and is in: where the next case begins. */
export async function restore(stack: Stack): Promise<void> {
  if ((await whatIsWrong(stack, true, [])).length === 0) return;
  for (const command of ['start', 'pool']) {
    const { exitCode, stdout, stderr } = await stack.drainctl([command, 'web:*']);
    expect(exitCode, stderr + stdout).toBe(0);
  }
  await expectAllBack(stack, true);
}

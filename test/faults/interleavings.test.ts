import { randomInt } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProcessStatus } from '../../src/drain/api.ts';
import { readJournalFile } from '../../src/drain/journal-file.ts';
import { SidecarClient } from '../../src/sidecar/client.ts';
import { exitCodeOf, expectNoneFailed, startSteadyLoad } from '../support/acceptance.ts';
import { writeConfig } from '../support/drainctl.ts';
import {
  type Act,
  type DoneAct,
  describeInterleaving,
  exitCodesOf,
  type Interleaving,
  interleavingOf,
  possibleOutcomes,
} from '../support/interleaving.ts';
import { type Stack, startStack } from '../support/stack.ts';
import type { StackConfig } from '../support/stack-config.ts';
import { waitFor } from '../support/wait-for.ts';
import { figure, scale } from './support/figures.ts';

const row = 'two drainctl at once';

/** DRAINCTL_TEST_SEED=… repeats the plans. */
const seed = Number(process.env['DRAINCTL_TEST_SEED'] ?? randomInt(2 ** 31));
const interleavings = scale(6, 200);

/** Far more than an idle machine takes: each interleaving starts several commands. */
const timeoutMs = scale(400_000, 3 * 3_600_000);

/** None of them takes more than a few seconds: one that has not ended by then waits for something that does not come. */
const deadlockMs = 60_000;

/** What an operator finds. */
type Before = ReadonlyMap<string, { readonly running: boolean; readonly held: boolean }>;

test(
  `${interleavings} interleavings of drainctl with itself (seed ${seed})`,
  async () => {
    let given: StackConfig | undefined;
    await using stack = await startStack({
      processes: 3,
      haproxy: { checkIntervalMs: 50 },
      program: { startsecs: 0 },
      // Something for supervisord to tell of: the sidecar then looks at once, instead of every five seconds.
      programs: [{ name: 'nudge', command: '/bin/sleep 3600', startsecs: 0 }],
      config: (config) => {
        given = { ...config, defaults: { deadline: '60s', quiet: '50ms', poll: '20ms' } };
        return given;
      },
    });
    const blind = { ...given, sidecar: { socket: stack.directory.file('elsewhere.sock') } };
    const blindConfig = writeConfig(stack.directory, blind, 'blind.yaml');
    const load = await startSteadyLoad(stack, { connections: 8, path: '/?ms=40' });
    const plans = fc.sample(interleavingOf(stack.webNames), { seed, numRuns: interleavings });
    let before: Before = new Map(stack.webNames.map((name) => [name, { running: true, held: false }]));
    let [acts, killed] = [0, 0];

    for (const [index, plan] of plans.entries()) {
      const done = await carryOut(stack, plan, blindConfig);
      const problems = () => problemsOf(stack, done, before, load.result.failures);
      const tell = `interleaving ${index} of seed ${seed}:\n${describeInterleaving(plan)}\n${outputsOf(done)}`;
      expect(
        done.flat().flatMap((act) => unexpectedExit(act, plan)),
        tell,
      ).toEqual([]);
      before = await settled(stack, problems).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${tell}\n${stack.supervisord.listenerLog().slice(-6_000)}`);
      });
      acts += plan.flat().length;
      killed += done.flat().filter(({ kill, exitCode }) => kill !== undefined && exitCode !== 0).length;
    }

    const { requests } = load.result;
    await expectNoneFailed(load);
    expect(stack.stops().filter(({ inFlight }) => inFlight > 0)).toEqual([]);
    figure(row, 'seed', seed);
    figure(row, 'interleavings', interleavings);
    figure(row, 'commands', acts);
    figure(row, 'commands ended early by a signal or a cancel', killed);
    figure(row, 'stops, all with nothing in flight', stack.stops().length);
    figure(row, 'lost updates, deadlocks', 0);
    figure(row, 'requests', requests);
    figure(row, 'failed requests', 0);
  },
  timeoutMs,
);

/** All operators at once; each gives one command after the other. */
async function carryOut(stack: Stack, plan: Interleaving, blindConfig: string): Promise<DoneAct[][]> {
  return Promise.all(
    plan.map(async (acts) => {
      const done: DoneAct[] = [];
      for (const act of acts) done.push(await carryOutOne(stack, act, blindConfig));
      return done;
    }),
  );
}

async function carryOutOne(stack: Stack, act: Act, blindConfig: string): Promise<DoneAct> {
  const names = act.command === 'cancel' ? [] : act.names;
  // Only a sidecar's run can be cancelled from outside.
  const options = act.way === 'own' && act.command !== 'cancel' ? { config: blindConfig } : {};
  const command = stack.spawnDrainctl([act.command, ...names], options);
  const { kill } = act;
  if (kill !== undefined) {
    const lines = () => command.stderr.split('\n').length - 1;
    const isThere = () => !command.running || lines() >= kill.afterLines;
    await waitFor(isThere, { what: 'its turn to be killed', timeoutMs: deadlockMs, intervalMs: 2 });
    command.kill(kill.signal);
  }
  const exitCode = await exitCodeOf(command, deadlockMs);
  return { ...act, exitCode, output: `${command.stderr}${command.stdout}` };
}

/** Waits until the sidecar has nothing left to do and all is as it was promised; gives what is so then. */
async function settled(stack: Stack, problems: () => Promise<readonly string[]>): Promise<Before> {
  let [looks, found]: [number, readonly string[]] = [0, []];
  await waitFor(
    async () => {
      found = await problems();
      looks += 1;
      if (found.length > 0 && looks % 10 === 1) await stack.supervisord.ctl(['restart', 'nudge']);
      return found.length === 0;
    },
    { what: 'everything to be as promised', timeoutMs: 60_000, intervalMs: 50 },
  ).catch((cause: unknown) => {
    throw new Error(`${String(cause)}\n${found.join('\n')}`, { cause });
  });
  const { processes } = await clientOf(stack).getStatus();
  return new Map(processes.map(({ name, state, held }) => [name, { running: state === 'RUNNING', held }]));
}

/** What is not as it should be; empty when all is well. */
async function problemsOf(
  stack: Stack,
  done: readonly (readonly DoneAct[])[],
  before: Before,
  failures: readonly string[],
): Promise<string[]> {
  const status = await clientOf(stack).getStatus();
  const out = new Set(await stack.haproxy.serversOut());
  const { entries, holds } = await readJournalFile(`${stack.stateDir}/journal.json`);
  const webs = status.processes.filter(({ name }) => name.startsWith('web:'));
  const perProcess = webs.flatMap((process) => {
    const isOut = out.has(process.name.replace('web:', ''));
    const [entry, hold] = [entries, holds].map((list) => list.some((each) => each.process === process.name));
    return [
      ...unpromised(process, done, before),
      ...inconsistent(process, { isOut, entry: entry === true, hold: hold === true }),
    ];
  });
  return [
    ...(status.run === '' ? [] : [`run ${status.run} is under way`]),
    ...status.warnings,
    ...failures.map((failure) => `failed request: ${failure}`),
    ...stack.stops().flatMap(({ name, inFlight }) => (inFlight > 0 ? [`${name} was stopped with ${inFlight}`] : [])),
    ...perProcess,
  ];
}

/** No lost update. */
function unpromised({ name, state, held }: ProcessStatus, done: readonly (readonly DoneAct[])[], before: Before) {
  const possible = possibleOutcomes(name, before.get(name) ?? { running: true, held: false }, done);
  return [
    ...(state !== 'RUNNING' && state !== 'STOPPED' ? [`${name} is ${state}`] : []),
    ...(possible.running.has(state === 'RUNNING') ? [] : [`${name} is ${state}, which nobody asked for last`]),
    ...(possible.held.has(held) ? [] : [`${name} is ${held ? '' : 'not '}on hold, which nobody asked for last`]),
  ];
}

/** Out are those that are held or don't run, and only they; and the journal knows them all. */
function inconsistent(
  { name, state, held, pool }: ProcessStatus,
  found: { readonly isOut: boolean; readonly entry: boolean; readonly hold: boolean },
): string[] {
  const wanted = held || state !== 'RUNNING';
  return [
    ...(found.isOut === wanted ? [] : [`${name} is ${state}${held ? ', held' : ''} and ${found.isOut ? 'out' : 'in'}`]),
    ...(found.entry === found.isOut ? [] : [`${name} is ${found.isOut ? 'out without' : 'in with'} a journal entry`]),
    ...(found.hold === held ? [] : [`${name} has ${found.hold ? 'a' : 'no'} hold in the journal`]),
    ...(wanted || pool === 'in' ? [] : [`${name} is ${pool}`]),
  ];
}

function unexpectedExit(act: DoneAct, plan: Interleaving): string[] {
  if (exitCodesOf(act, plan).includes(act.exitCode)) return [];
  return [`${act.command} ${act.names.join(' ')} ended with ${act.exitCode}`];
}

function outputsOf(done: readonly (readonly DoneAct[])[]): string {
  return done
    .flatMap((acts, index) =>
      acts.map(({ command, exitCode, output }) => `--- operator ${index + 1}: ${command}: ${exitCode}\n${output}`),
    )
    .join('');
}

function clientOf(stack: Stack): SidecarClient {
  return new SidecarClient(stack.sidecarUrl.replace('unix://', ''));
}

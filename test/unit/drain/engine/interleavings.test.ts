import { randomInt } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Engine } from '../../../../src/drain/engine.ts';
import { ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import {
  type Act,
  type DoneAct,
  describeInterleaving,
  interleavingOf,
  possibleOutcomes,
} from '../../../support/interleaving.ts';

/** DRAINCTL_TEST_SEED=… repeats them. */
const seed = Number(process.env['DRAINCTL_TEST_SEED'] ?? randomInt(2 ** 31));
const orders = 200;
/** Side by side: most of the time is spent waiting for locks and disks. */
const lanes = 4;
const processes = ['web:web_00', 'web:web_01'];

/** Far longer than any takes: one that is not over by then never is. */
const deadlockMs = 30_000;

test(
  `${orders} orders in which two engines are answered (seed ${seed})`,
  async () => {
    const property = fc.asyncProperty(fc.scheduler(), interleavingOf(processes), async (scheduler, plan) => {
      const world = new ScriptedWorld({ processes });
      const stoppedIn = scheduleAnswers(world, scheduler);
      const engines = { sidecar: world.engine(true), own: world.engine(false) };

      const done = await scheduler.waitFor(Promise.all(plan.map((acts) => carryOut(acts, engines))));
      await scheduler.waitFor(recover(engines.sidecar));

      expect(await problemsOf(world, done), describeInterleaving(plan)).toEqual([]);
      expect(stoppedIn).toEqual([]);
    });
    const assert = (lane: number) =>
      fc.assert(property, { numRuns: orders / lanes, seed: seed + lane, endOnFailure: true });
    await Promise.all(Array.from({ length: lanes }, (_, lane) => assert(lane)));
  },
  10 * deadlockMs,
);

/** Every answer waits for the scheduler. Gives the list of the processes that were stopped while they were in. */
function scheduleAnswers(world: ScriptedWorld, scheduler: fc.Scheduler): readonly string[] {
  const stoppedIn: string[] = [];
  const later = (name: string) =>
    scheduler.scheduleFunction(Object.defineProperty(async () => {}, 'name', { value: name }));
  Object.assign(world.pool.scripts, { state: later('state'), depool: later('depool'), repool: later('repool') });
  Object.assign(world.supervisor.scripts, {
    getAllProcessInfo: later('getAllProcessInfo'),
    startProcess: later('startProcess'),
    stopProcess: async (name: string) => {
      if (!world.pool.namesOf('out').includes(serverOf(name))) stoppedIn.push(name);
      await later('stopProcess')();
    },
  });
  return stoppedIn;
}

async function carryOut(acts: readonly Act[], engines: Readonly<Record<Act['way'], Engine>>): Promise<DoneAct[]> {
  const done: DoneAct[] = [];
  for (const act of acts) done.push(await carryOutOne(act, engines));
  return done;
}

/** A signal cancels the run when it has taken so many steps; SIGKILL is for real processes, and cancels too. */
async function carryOutOne(act: Act, engines: Readonly<Record<Act['way'], Engine>>): Promise<DoneAct> {
  const engine = engines[act.way];
  if (act.command === 'status') await engine.getStatus();
  if (act.command === 'cancel') await engine.cancel('');
  if (act.command === 'status' || act.command === 'cancel') return { ...act, exitCode: 0, output: '' };
  const run = engine.begin(act.command, act.names, {});
  const ended = run.ended(AbortSignal.timeout(deadlockMs));
  if (act.kill !== undefined) {
    for (let steps = 0; steps < act.kill.afterLines && run.result === undefined; )
      steps += (await run.wait(steps, deadlockMs)).steps.length;
    run.end('cancelled');
  }
  const { outcome, message } = await ended;
  return { ...act, exitCode: outcome === 'done' ? 0 : outcome === 'cancelled' ? 4 : 1, output: message };
}

/** As the sidecar does time and again. */
async function recover(engine: Engine): Promise<void> {
  for (let looks = 0; looks < 2; looks++) {
    await engine.recover();
    await engine.idle();
  }
}

/** What is not as it should be; empty when all is well. */
async function problemsOf(world: ScriptedWorld, done: readonly (readonly DoneAct[])[]): Promise<string[]> {
  const { entries, holds } = await world.journal();
  const failed = done.flat().filter(({ exitCode }) => exitCode === 1);
  const perProcess = processes.flatMap((name) => {
    const running = world.supervisor.processes.get(name)?.state === 'RUNNING';
    const held = holds.some(({ process }) => process === name);
    const isOut = world.pool.namesOf('out').includes(serverOf(name));
    const isKnown = entries.some(({ process }) => process === name);
    const possible = possibleOutcomes(name, { running: true, held: false }, done);
    return [
      possible.running.has(running) ? '' : `${name}: running is ${running}, which nobody asked for last`,
      possible.held.has(held) ? '' : `${name}: held is ${held}, which nobody asked for last`,
      isOut === (held || !running) ? '' : `${name}: running ${running}, held ${held}, out ${isOut}`,
      isKnown === isOut ? '' : `${name}: out ${isOut}, in the journal ${isKnown}`,
    ];
  });
  return [...failed.map(({ command, output }) => `${command}: ${output}`), ...perProcess].filter((text) => text !== '');
}

function serverOf(name: string): string {
  return name.replace('web:', 'app/');
}

import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { OnFailure, StepTemplate } from '../../../../src/config/config.ts';
import { stepFailed } from '../../../../src/steps/failure.ts';
import type { StepMoment } from '../../../../src/steps/step.ts';
import { defineStep } from '../../../../src/steps/step.ts';
import { sleep } from '../../../../src/time.ts';
import { processInfo } from '../../../support/doubles/processes.ts';
import { ScriptedProbe } from '../../../support/doubles/scripted-probe.ts';
import { runTo, ScriptedWorld, type WorldOptions } from '../../../support/doubles/scripted-world.ts';
import { waitFor } from '../../../support/wait-for.ts';

const name = 'web:web_00';

type Work = (signal: AbortSignal) => Promise<void> | void;

/** A step in memory; each time that it is done it says so in the world's calls. */
function step(title: string, work: Work = () => {}, onFailure: OnFailure = 'continue') {
  return (calls: string[]): StepTemplate => ({
    driver: defineStep({
      ...{ name: title, summary: '', reference: '', options: z.object({}), example: '' },
      open: () => ({
        target: title,
        longestMs: 1_000,
        async perform({ process, moment, action }, signal) {
          calls.push(`${moment} ${title} ${process} ${action}`);
          await work(signal);
        },
      }),
    }),
    options: {},
    onFailure,
  });
}

type MakeStep = ReturnType<typeof step>;

/** A world of one process with these steps. */
function worldWith(steps: Partial<Record<StepMoment, readonly MakeStep[]>>, options: Partial<WorldOptions> = {}) {
  const calls: string[] = [];
  const make = (of: readonly MakeStep[] = []) => of.map((each) => each(calls));
  const program = { beforeStop: make(steps.before_stop), afterDrain: make(steps.after_drain), ...options.program };
  const world = new ScriptedWorld({ processes: [name], ...options, program });
  // One list, so that their order can be seen.
  const push = world.calls.push.bind(world.calls);
  calls.push = (...items) => push(...items);
  return world;
}

const fails: Work = () => {
  throw stepFailed('knock', 'nobody opens', 'Ring the bell.');
};

describe('steps around a stop', () => {
  test('come after the depool and before the stop, those of after_drain once nothing is in flight', async () => {
    const probe = new ScriptedProbe(3);
    const tell = step('tell', () => {
      probe.inFlight = 0;
    });
    const world = worldWith(
      {
        before_stop: [step('close'), tell],
        after_drain: [step('quit')],
      },
      { probe },
    );

    const result = await runTo(world.engine(), 'restart', [name]);

    expect(result).toMatchObject({ outcome: 'done', cut: 0 });
    expect(world.calls).toEqual([
      'depool app/web_00 at pool-a',
      'before_stop close web:web_00 restart',
      'before_stop tell web:web_00 restart',
      'after_drain quit web:web_00 restart',
      'stop web:web_00',
      'start web:web_00',
      'repool app/web_00 at pool-a',
    ]);
    expect(result.processes[0]?.phases.map(({ phase }) => phase)).toEqual(
      expect.arrayContaining(['before_stop', 'after_drain']),
    );
  });

  test.each(['drain', 'pool', 'start'] as const)('are not done by %s, which stops nothing', async (action) => {
    const world = worldWith({ before_stop: [step('close')], after_drain: [step('quit')] });

    await runTo(world.engine(), action, [name]);

    expect(world.calls.filter((call) => /close|quit/.test(call))).toEqual([]);
  });

  test('are done by the gate as well', async () => {
    const world = worldWith({ before_stop: [step('close')], after_drain: [step('quit')] });

    const engine = world.engine();
    await engine.world.fresh();
    await runTo(engine, 'gate');

    expect(world.calls.filter((call) => /close|quit/.test(call))).toEqual([
      'before_stop close web:web_00 gate',
      'after_drain quit web:web_00 gate',
    ]);
  });

  test('that have it end by itself once it is drained leave the gate nothing to drain again', async () => {
    const probe = new ScriptedProbe(1);
    const world = worldWith({ after_drain: [step('quit', () => quit())] }, { probe });
    const quit = () => {
      probe.inFlight = undefined;
      // How it ended nobody tells while supervisord shuts down.
      world.supervisor.processes.set(name, { ...processInfo(name, 'EXITED'), exitStatus: -1 });
    };
    const engine = world.engine();
    await engine.world.fresh();
    const run = engine.begin('gate', [], {});
    await waitFor(async () => (await run.wait(0, 0)).processes.some(({ in_flight }) => in_flight === 1), {
      what: 'work that is seen',
    });
    probe.inFlight = 0;

    expect(await run.ended(AbortSignal.timeout(8_000))).toMatchObject({ outcome: 'done', cut: 0 });
  });

  test('are not done for a process that does not run', async () => {
    const world = worldWith({ before_stop: [step('close')] });
    world.supervisor.become(name, 'EXITED');

    await runTo(world.engine(), 'stop', [name]);

    expect(world.calls.filter((call) => /close/.test(call))).toEqual([]);
  });

  test('take no time from the deadline', async () => {
    const probe = new ScriptedProbe(1);
    const world = worldWith({ before_stop: [step('close', (signal) => sleep(50, signal))] }, { probe });
    const run = world.engine().begin('stop', [name], {});

    const draining = await waitFor(
      async () => (await run.wait(0, 0)).processes.find(({ phase }) => phase === 'drain'),
      { what: 'the drain' },
    );
    probe.inFlight = 0;

    expect(draining.deadline_ms).toBeGreaterThanOrEqual(5_049);
    expect(await run.ended(AbortSignal.timeout(8_000))).toMatchObject({ outcome: 'done', cut: 0 });
  });
});

describe('a step that is not done', () => {
  test('is a warning, and the run goes on', async () => {
    const world = worldWith({ before_stop: [step('knock', fails), step('next')] });
    const run = world.engine().begin('restart', [name], {});

    const result = await run.ended(AbortSignal.timeout(8_000));

    const { steps } = await run.wait(0, 0);
    expect(result.outcome).toBe('done');
    expect(result.message).toContain('web:web_00: before_stop 1 of 2 was not done: knock: nobody opens.');
    expect(world.calls).toContain('before_stop next web:web_00 restart');
    expect(steps.filter(({ kind }) => kind === 'warning').map(({ message }) => message)).toEqual([
      'web:web_00 goes on although a step was not done: before_stop 1 of 2, knock: nobody opens. Ring the bell.',
    ]);
  });

  test('with abort ends the run: nothing is stopped, and the process is put back', async () => {
    const world = worldWith({ before_stop: [step('knock', fails, 'abort'), step('next')] });

    const result = await runTo(world.engine(), 'restart', [name]);

    expect(result).toMatchObject({ outcome: 'failed', error_code: 'STEP_FAILED', hint: 'Ring the bell.' });
    expect(result.message).toContain(
      'web:web_00 was not stopped, because a step was not done: before_stop 1 of 2, knock: nobody opens. web:web_00 was put back and runs on.',
    );
    expect(world.calls).toEqual([
      'depool app/web_00 at pool-a',
      'before_stop knock web:web_00 restart',
      'repool app/web_00 at pool-a',
    ]);
  });

  test('with abort does not end a shutdown: the other steps of the list are left out, and it is stopped', async () => {
    const world = worldWith({
      before_stop: [step('knock', fails, 'abort'), step('next')],
      after_drain: [step('quit')],
    });

    const result = await runTo(world.engine(), 'shutdown', [], { keepSupervisord: true });

    expect(result.outcome).toBe('done');
    expect(world.calls.filter((call) => !call.includes('pool'))).toEqual([
      'before_stop knock web:web_00 shutdown',
      'after_drain quit web:web_00 shutdown',
      'stop web:web_00',
    ]);
  });

  test('leaves a process out that is not ready after the steps before', async () => {
    const world = worldWith(
      { before_stop: [step('close'), step('knock', fails, 'abort')] },
      { program: { ready: { http: undefined, exec: ['/bin/false'], deadlineMs: 1_000 } } },
    );

    const result = await runTo(world.engine(), 'restart', [name]);

    expect(result.message).toContain('web:web_00 stays out of its pools: after what its steps did it is not ready');
    expect(world.calls).not.toContain('repool app/web_00 at pool-a');
    expect((await world.journal()).entries).toHaveLength(1);
  });

  test('is none where the process has ended by then', async () => {
    const world = worldWith({
      before_stop: [
        step(
          'quit',
          () => {
            world.supervisor.become(name, 'EXITED');
            throw stepFailed('quit', 'connection reset', 'Look.');
          },
          'abort',
        ),
        step('next'),
      ],
    });

    const result = await runTo(world.engine(), 'stop', [name]);

    expect(result).toMatchObject({ outcome: 'done', cut: 0 });
    expect(world.calls.some((call) => call.includes('next'))).toBe(false);
  });
});

describe('a process with work that ends while its steps are done', () => {
  test.each([
    [0, 0, 'stop done: 1 of 1 process; nothing was cut off.'],
    [1, -1, 'web:web_00 ended by itself with'],
    [-1, -1, 'web:web_00 ended by itself with'],
  ])('with exit status %i: cut off %i', async (exitStatus, cut, message) => {
    const probe = new ScriptedProbe(2);
    const quit = step('quit', () => {
      probe.inFlight = undefined;
      world.supervisor.processes.set(name, { ...processInfo(name, 'EXITED'), exitStatus });
    });
    const world = worldWith({ before_stop: [quit], after_drain: [step('next')] }, { probe });

    const result = await runTo(world.engine(), 'stop', [name]);

    expect(result.cut).toBe(cut);
    expect(result.processes[0]?.in_flight_at_stop).toBe(cut);
    expect(result.message).toContain(message);
    expect(world.calls.some((call) => call.includes('next'))).toBe(false);
  });

  test.each([
    [0, 'done'],
    [1, 'cut'],
    [-1, 'cut'],
  ])('after its deadline, with exit status %i: %s', async (exitStatus, outcome) => {
    const probe = new ScriptedProbe(2);
    const quit = step('quit', () => {
      probe.inFlight = undefined;
      world.supervisor.processes.set(name, { ...processInfo(name, 'EXITED'), exitStatus });
    });
    const world = worldWith({ after_drain: [quit] }, { probe, program: { deadlineMs: 50 } });

    expect(await runTo(world.engine(), 'stop', [name])).toMatchObject({ outcome });
  });
});

test('a run that is cancelled ends the step at once and puts the process back', async () => {
  let ended: unknown;
  const world = worldWith({
    before_stop: [
      step('hang', (signal) =>
        sleep(60_000, signal).catch((error: unknown) => {
          ended = error;
          throw error;
        }),
      ),
    ],
  });
  const run = world.engine().begin('restart', [name], {});
  await waitFor(() => world.calls.at(-1)?.includes('hang'), { what: 'the step' });

  run.end('cancelled');

  expect(await run.ended(AbortSignal.timeout(8_000))).toMatchObject({ outcome: 'cancelled' });
  expect(ended).toBeDefined();
  expect(world.calls.at(-1)).toBe('repool app/web_00 at pool-a');
});

test('of a process in no pool whose steps were begun and that was not stopped the result says so', async () => {
  const world = worldWith({ before_stop: [step('knock', fails, 'abort')] }, { program: { members: [] } });

  const result = await runTo(world.engine(), 'stop', [name]);

  expect(result.message).toContain(
    'web:web_00: steps before its stop were begun, and it was not stopped: see whether it still works',
  );
});

import { describe, expect, test } from 'vitest';
import { sleep } from '../../../../src/time.ts';
import { processInfo } from '../../../support/doubles/processes.ts';
import { barrier } from '../../../support/doubles/script.ts';
import { ScriptedProbe } from '../../../support/doubles/scripted-probe.ts';
import { fails, name, step, worldWith } from '../../../support/doubles/scripted-steps.ts';
import { runTo } from '../../../support/doubles/scripted-world.ts';
import { waitFor } from '../../../support/wait-for.ts';

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

  test('are told by the status while they are done', async () => {
    const gate = barrier();
    const world = worldWith({
      before_stop: [step('close'), step('tell', () => gate.script('', new AbortController().signal))],
    });
    const engine = world.engine();
    const done = runTo(engine, 'stop', [name]);
    await gate.reached;

    const { processes } = await engine.getStatus();

    expect(processes[0]?.why).toMatch(/^stop: doing its before_stop steps \(2 of 2: tell\): \d/);
    gate.open();
    expect(await done).toMatchObject({ outcome: 'done' });
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

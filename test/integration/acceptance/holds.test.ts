import { describe, expect, test } from 'vitest';
import { SidecarClient } from '../../../src/sidecar/client.ts';
import {
  expectNoneFailed,
  historyOf,
  killSidecar,
  sidecarPid,
  startSteadyLoad,
  statusOf,
  waitForServer,
} from '../../support/acceptance.ts';
import { startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('drainctl drain', () => {
  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('%s leaves a process running, out and on hold until drainctl pool', async (_, sidecar) => {
    await using stack = await startStack({ processes: 2, sidecar });
    const load = await startSteadyLoad(stack);

    const drain = await stack.drainctl(['drain', 'web:web_00', '--reason', 'heap dump']);
    const { processes } = await statusOf(stack);
    const pool = await stack.drainctl(['pool', 'web:web_00']);

    const after = await statusOf(stack);
    await expectNoneFailed(load);
    expect([drain.exitCode, pool.exitCode], drain.stderr + pool.stderr).toEqual([0, 0]);
    expect(processes[0]).toMatchObject({
      name: 'web:web_00',
      state: 'RUNNING',
      pool: 'out',
      in_flight: 0,
      held: true,
      why: 'on hold: heap dump',
    });
    expect(processes[1]).toMatchObject({ name: 'web:web_01', pool: 'in', held: false });
    expect(after.processes[0]).toMatchObject({ pool: 'in', held: false, why: '' });
    expect(stack.stops()).toEqual([]);
  });

  test('with --for is put back by the sidecar when the time has passed', async () => {
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack);

    const { exitCode } = await stack.drainctl(['drain', 'web:web_00', '--for', '8s']);
    // Asked without a command, which takes seconds to start on a busy machine.
    const { processes } = await new SidecarClient(stack.sidecarUrl.slice('unix://'.length)).getStatus();
    await waitForServer(stack.haproxy, 'web_00', /^UP$/);

    await expectNoneFailed(load);
    expect(exitCode).toBe(0);
    expect(processes[0]).toMatchObject({ pool: 'out', held: true });
    expect((await statusOf(stack)).processes[0]).toMatchObject({ pool: 'in', held: false });
    expect(stack.stops()).toEqual([]);
  });
});

describe('a hold', () => {
  test('survives a restart of its process', async () => {
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack);
    await stack.drainctl(['drain', 'web:web_00']);

    const { exitCode, stderr } = await stack.drainctl(['restart', 'web:web_00']);

    const held = await statusOf(stack);
    const pool = await stack.drainctl(['pool', 'web:web_00']);
    await waitForServer(stack.haproxy, 'web_00', /^UP$/);
    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
    expect(stack.stops()).toMatchObject([{ name: 'web_00', inFlight: 0 }]);
    expect(held.processes[0]).toMatchObject({ state: 'RUNNING', held: true });
    expect(held.processes[0]?.pool).not.toBe('in');
    expect(pool.exitCode, pool.stderr).toBe(0);
  });

  test('survives a restart of the sidecar', async () => {
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack);
    await stack.drainctl(['drain', 'web:web_00', '--reason', 'heap dump']);

    const killed = await killSidecar(stack);
    await waitFor(async () => (await sidecarPid(stack)) !== killed, { what: 'another sidecar' });
    await stack.waitForSidecar();
    await stack.drainctl(['restart', 'web:web_01']);

    const { processes } = await statusOf(stack);
    const history = await historyOf(stack);
    await expectNoneFailed(load);
    expect(processes[0]).toMatchObject({ pool: 'out', held: true, why: 'on hold: heap dump' });
    expect(history.map(({ action }) => action)).toEqual(['restart', 'drain']);
  });
});

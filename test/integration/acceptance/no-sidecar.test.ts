import { beforeAll, describe, expect, test } from 'vitest';
import {
  expectNoneFailed,
  killSidecar,
  startHeldRequest,
  startSteadyLoad,
  statusOf,
  stickyHaproxy,
} from '../../support/acceptance.ts';
import { type Stack, startStack } from '../../support/stack.ts';

describe('without a sidecar', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ sidecar: false, processes: 2, haproxy: stickyHaproxy });
  });

  test('status shows every process', async () => {
    const { sidecar, processes } = await statusOf(stack);

    expect(sidecar).toBe(false);
    expect(processes).toMatchObject([
      { name: 'web:web_00', state: 'RUNNING', pool: 'in', in_flight: 0 },
      { name: 'web:web_01', state: 'RUNNING', pool: 'in', in_flight: 0 },
    ]);
  });

  test('status shows what is in flight', async () => {
    const held = [await startHeldRequest(stack, 0), await startHeldRequest(stack, 1)];

    const { processes } = await statusOf(stack);

    await Promise.all(held.map((each) => each.release()));
    expect(processes.map(({ in_flight }) => in_flight)).toEqual([1, 1]);
  });

  test('plan shows what a restart would do', async () => {
    const { exitCode, stdout } = await stack.drainctl(['plan', 'restart']);

    expect(exitCode).toBe(0);
    expect(stdout).toContain('web:web_00 (RUNNING): out of app/web_00');
    expect(stdout).toMatch(/restart: at worst/);
  });

  test('cancel says that there is no sidecar to ask', async () => {
    const { exitCode, stderr } = await stack.drainctl(['cancel']);

    expect(exitCode).toBe(1);
    expect(stderr).toContain('The sidecar did not answer');
  });

  test('history shows a run that is over', async () => {
    await stack.drainctl(['drain', 'web:web_00']);
    await stack.drainctl(['pool', 'web:web_00']);

    const { exitCode, stdout } = await stack.drainctl(['history']);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/drain web:web_00: done/);
    expect(stdout).toMatch(/pool web:web_00: done/);
  });
});

describe('with a sidecar that has died', () => {
  test('a command says so and works without it', async () => {
    await using stack = await startStack({ processes: 2, listener: { autorestart: false } });
    const load = await startSteadyLoad(stack);
    await killSidecar(stack);

    const { exitCode, stderr } = await stack.drainctl(['restart', 'web:web_00']);

    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('The sidecar did not answer');
    expect(stack.stops()).toMatchObject([{ name: 'web_00', inFlight: 0 }]);
  });
});

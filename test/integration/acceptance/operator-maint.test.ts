import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectIdleStops,
  expectNoneFailed,
  startSteadyLoad,
  waitForServer,
  waitForStep,
} from '../../support/acceptance.ts';
import { startStack } from '../../support/stack.ts';

describe('a server that an operator has taken out', () => {
  test.each([
    ['maint', 'MAINT'],
    ['drain', 'DRAIN'],
  ])('by state %s before a restart is still out after it', async (state, status) => {
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack);
    await stack.haproxy.command(`set server app/web_01 state ${state}`);
    await waitForServer(stack.haproxy, 'web_01', new RegExp(`^${status}$`));

    const { exitCode, stderr } = await stack.drainctl(['restart', 'all']);

    await waitForServer(stack.haproxy, 'web_01', new RegExp(`^${status}$`));
    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
    expectIdleStops(stack);
    expect((await stack.haproxy.serverStates()).get('web_00')).toBe('UP');
  });

  test('by state maint during the drain is still out after the restart', async () => {
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack, { path: '/?ms=1000' });
    const command = stack.spawnDrainctl(['restart', 'web:web_00']);
    await waitForStep(command, /web_00 draining:/);

    await stack.haproxy.command('set server app/web_00 state maint');
    const exitCode = await exitCodeOf(command);

    await expectNoneFailed(load);
    expect(exitCode, command.stderr).toBe(0);
    expect((await stack.haproxy.serverStates()).get('web_00')).toBe('MAINT');
    expectIdleStops(stack, ['web:web_00']);
  });
});

import { describe, expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad } from '../../support/acceptance.ts';
import { type StackOptions, startStack } from '../../support/stack.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const few = { connections: 20 };

/** A state_dir below a regular file: nobody can make it, not even root. */
function impossible(): StackOptions {
  const stateDir = `${temporaryDirectory().write('file', '')}/state`;
  return { processes: 2, config: (config) => ({ ...config, state_dir: stateDir }) };
}

describe('with a state_dir that can not be made', () => {
  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('drainctl shutdown, %s, drains all the same, and says what is missing', async (_, sidecar) => {
    await using stack = await startStack({ ...impossible(), sidecar });
    const load = await startSteadyLoad(stack, few);

    const { exitCode, stderr } = await stack.drainctl(['shutdown']);

    await stack.supervisord.waitForExit(1_000);
    await expectNoneFailed(load);
    // There is no history to tell how it went: the sidecar waits until its result was fetched.
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('goes on without a lock');
    expectIdleStops(stack);
  });

  test('the gate drains all the same, and says what is missing', async () => {
    await using stack = await startStack(impossible());
    const load = await startSteadyLoad(stack, few);

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect(stack.supervisord.listenerLog()).toMatch(/goes on without a lock.*can't be locked/);
    expect(stack.supervisord.listenerLog()).toMatch(/The journal .* can't be written/);
  });

  test('drainctl pool puts back what a drain has taken out', async () => {
    await using stack = await startStack(impossible());
    const load = await startSteadyLoad(stack, few);

    const drain = await stack.drainctl(['drain', 'web:web_00']);
    const between = (await stack.haproxy.serverStates()).get('web_00');
    const pool = await stack.drainctl(['pool', 'web:web_00']);

    const after = (await stack.haproxy.serverStates()).get('web_00');
    await expectNoneFailed(load);
    expect([drain.exitCode, pool.exitCode], drain.stderr + pool.stderr).toEqual([0, 0]);
    expect([between, after]).toEqual([expect.stringMatching(/DRAIN|MAINT/), 'UP']);
  });
});

import { describe, expect, test } from 'vitest';
import { exitCodeOf, expectNoneFailed, sidecarPid, startSteadyLoad, waitForStep } from '../../support/acceptance.ts';
import type { RunningProcess } from '../../support/processes.ts';
import { type Stack, startStack } from '../../support/stack.ts';

/** Waits for the end of a shutdown, and expects that nothing of the hanging sidecar shows outside. */
async function expectGoodEnd(stack: Stack, command: RunningProcess): Promise<void> {
  // That the sidecar hangs shows only when it has not answered for 25 s.
  const exitCode = await exitCodeOf(command, 120_000);
  await stack.supervisord.waitForExit(10_000);
  expect(exitCode, command.stderr + command.stdout).toBe(0);
  expect(stack.stops().map(({ inFlight }) => inFlight)).toEqual([0, 0]);
}

describe('drainctl shutdown with a sidecar that hangs', () => {
  test('from the start fails no request', async () => {
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack);
    process.kill(await sidecarPid(stack), 'SIGSTOP');

    await expectGoodEnd(stack, stack.spawnDrainctl(['shutdown']));

    await expectNoneFailed(load);
  }, 180_000);

  test('when all are draining fails no request', async () => {
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack);
    const pid = await sidecarPid(stack);
    const command = stack.spawnDrainctl(['shutdown']);
    await waitForStep(command, /draining:/, 2);

    process.kill(pid, 'SIGSTOP');
    await expectGoodEnd(stack, command);

    await expectNoneFailed(load);
  }, 180_000);
});

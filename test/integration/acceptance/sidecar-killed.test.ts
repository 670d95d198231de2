import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exitCodeOf, expectNoneFailed, sidecarPid, startSteadyLoad, waitForStep } from '../../support/acceptance.ts';
import { signalProcess } from '../../support/marked-processes.ts';
import type { RunningProcess } from '../../support/processes.ts';
import { type Stack, startStack } from '../../support/stack.ts';

/** Shuts down under load, kills the sidecar when `moment` has come, and expects that nothing shows of it outside. */
async function shutdownWithoutSidecar(stack: Stack, moment: (command: RunningProcess) => Promise<void>): Promise<void> {
  const load = await startSteadyLoad(stack);
  const pid = await sidecarPid(stack);
  const command = stack.spawnDrainctl(['shutdown']);

  await moment(command);
  // Late enough, it has ended by itself.
  signalProcess(pid, 'SIGKILL');
  const exitCode = await exitCodeOf(command);

  await stack.supervisord.waitForExit(10_000);
  await expectNoneFailed(load);
  expect(exitCode, command.stderr + command.stdout).toBe(0);
  expect(stack.stops().map(({ inFlight }) => inFlight)).toEqual([0, 0, 0, 0]);
}

describe('drainctl shutdown with the sidecar killed', () => {
  test.each([
    ['when the first process is out', /depooled/, 1],
    ['when all are draining', /draining:/, 4],
    ['when the first process has drained', /drained after/, 1],
    ['when the first process has stopped', /web_\d\d stopped/, 1],
    ['when all have stopped', /web_\d\d stopped/, 4],
    ['when supervisord was told to shut down', /supervisord is told/, 1],
  ])('%s fails no request', async (_, step, times) => {
    await using stack = await startStack();

    await shutdownWithoutSidecar(stack, (command) => waitForStep(command, step, times));
  });

  test('at random moments fails no request', async () => {
    // Prints its seed on a failure; `fc.assert(…, { seed })` then does the same again.
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1_500 }), async (ms) => {
        await using stack = await startStack();

        await shutdownWithoutSidecar(stack, () => delay(ms));
      }),
      { numRuns: 3, endOnFailure: true },
    );
  }, 300_000);
});

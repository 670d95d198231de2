import { describe, expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad } from '../../support/acceptance.ts';
import { startStack } from '../../support/stack.ts';

describe('drainctl shutdown', () => {
  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('%s stops everything when it is idle, then supervisord', async (_, sidecar) => {
    await using stack = await startStack({ sidecar });
    const load = await startSteadyLoad(stack);

    const { exitCode, stdout, stderr } = await stack.drainctl(['shutdown']);

    const stillRunning = stack.supervisord.process.running;
    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
    expect(stillRunning).toBe(false);
    expectIdleStops(stack);
    expect(stdout).toContain('nothing was cut off');
    expect(stderr).not.toContain('sidecar did not answer');
  });

  test('keeps supervisord when it is told to', async () => {
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack);

    const { exitCode } = await stack.drainctl(['shutdown', '--keep-supervisord']);

    await expectNoneFailed(load);
    expect(exitCode).toBe(0);
    expectIdleStops(stack);
    expect(await stack.supervisord.states()).toEqual(
      new Map([
        ['drain:drain', 'RUNNING'],
        ['web:web_00', 'STOPPED'],
        ['web:web_01', 'STOPPED'],
      ]),
    );
  });

  test('takes over from a restart that is under way', async () => {
    await using stack = await startStack();
    const load = await startSteadyLoad(stack);
    const restart = stack.drainctl(['restart', 'all']);

    const { exitCode, stderr } = await stack.drainctl(['shutdown']);

    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
    expect((await restart).exitCode).not.toBe(0);
    expect(stack.stops().map(({ inFlight }) => inFlight)).toEqual(stack.stops().map(() => 0));
    expect(new Set(stack.stops().map(({ name }) => `web:${name}`))).toEqual(new Set(stack.webNames));
    expect(stack.supervisord.process.running).toBe(false);
  });
});

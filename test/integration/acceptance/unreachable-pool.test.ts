import { describe, expect, test } from 'vitest';
import { expectNoneFailed, startSteadyLoad } from '../../support/acceptance.ts';
import { type StackOptions, startStack } from '../../support/stack.ts';

const twoHaproxies: StackOptions = {
  processes: 2,
  haproxies: 2,
  config: (config) => ({ ...config, defaults: { ...config.defaults, deadline: '5s' } }),
};

describe('a second HAProxy that cannot be reached', () => {
  test.each([
    ['restart', 'through the sidecar', true],
    ['restart', 'without a sidecar', false],
    ['stop', 'through the sidecar', true],
  ])('ends a %s, %s, which puts back what it took out and exits with 1', async (action, _, sidecar) => {
    await using stack = await startStack({ ...twoHaproxies, sidecar });
    const load = await startSteadyLoad(stack);
    const [, second] = stack.haproxies;
    await second?.close();

    const { exitCode, stdout, stderr } = await stack.drainctl([action, 'all']);

    const states = await stack.haproxy.serverStates();
    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(1);
    expect(stdout).toContain(second?.socketPath);
    expect(stdout).toContain('web:web_00 was put back and runs on');
    expect(states).toEqual(new Map(['web_00', 'web_01', 'peer'].map((name) => [name, 'UP'])));
    expect(stack.stops()).toEqual([]);
  });

  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('does not hold up a shutdown, %s, which says so', async (_, sidecar) => {
    await using stack = await startStack({ ...twoHaproxies, sidecar });
    const load = await startSteadyLoad(stack);
    const [, second] = stack.haproxies;
    await second?.close();

    const { exitCode, stdout, stderr } = await stack.drainctl(['shutdown']);

    const stillRunning = stack.supervisord.process.running;
    // All clients are behind the first one, which had all the time it needed.
    await expectNoneFailed(load);
    expect(stillRunning).toBe(false);
    expect(stderr).toContain(`goes on although a pool did not confirm`);
    expect(stderr).toContain(second?.socketPath);
    // What was in flight through the second one nobody can tell, and unknown is not nothing.
    expect(stdout).toContain('work was cut off: an unknown amount of work');
    expect(exitCode).toBe(3);
  });
});

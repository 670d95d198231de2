import { describe, expect, test } from 'vitest';
import {
  expectIdleStops,
  expectNoneFailed,
  startSteadyLoad,
  waitForServerOut,
  watchServers,
} from '../../support/acceptance.ts';
import { startStack } from '../../support/stack.ts';

describe('drainctl stop and start of one process', () => {
  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('%s touch no other one', async (_, sidecar) => {
    await using stack = await startStack({ sidecar });
    const load = await startSteadyLoad(stack);
    const watch = watchServers(stack.haproxy);

    const stop = await stack.drainctl(['stop', 'web:web_00']);
    const stopped = await stack.supervisord.states();
    await waitForServerOut(stack.haproxy, 'web_00');
    const start = await stack.drainctl(['start', 'web:web_00']);

    const { everOut } = await watch.stop();
    expect((await stack.haproxy.serverStates()).get('web_00')).toBe('UP');
    await expectNoneFailed(load);
    expect([stop.exitCode, start.exitCode], stop.stderr + start.stderr).toEqual([0, 0]);
    const states = stack.webNames.map((name) => stopped.get(name));
    expect(states).toEqual(['STOPPED', 'RUNNING', 'RUNNING', 'RUNNING']);
    expect(everOut).toEqual(['web_00']);
    expectIdleStops(stack, ['web:web_00']);
  });
});

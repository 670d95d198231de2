import { describe, expect, test } from 'vitest';
import {
  expectIdleStops,
  expectNoneFailed,
  type ServersSeen,
  startSteadyLoad,
  watchServers,
} from '../../support/acceptance.ts';
import { type Stack, startStack } from '../../support/stack.ts';

const allUp = new Map(['web_00', 'web_01', 'web_02', 'web_03', 'peer'].map((name) => [name, 'UP']));

/** Restarts all under load, with the servers watched from before the run until after it. */
async function restartAll(stack: Stack): Promise<ServersSeen> {
  const load = await startSteadyLoad(stack);
  const watch = watchServers(stack.haproxy);

  const { exitCode, stderr } = await stack.drainctl(['restart', 'all']);

  const states = await stack.haproxy.serverStates();
  const seen = await watch.stop();
  await expectNoneFailed(load);
  expect(exitCode, stderr).toBe(0);
  expect(states).toEqual(allUp);
  expectIdleStops(stack);
  expect(seen.samples).toBeGreaterThan(100);
  return seen;
}

describe('drainctl restart all', () => {
  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('%s takes out one process at a time', async (_, sidecar) => {
    await using stack = await startStack({ sidecar });

    const { mostOut, everOut } = await restartAll(stack);

    expect(mostOut).toBe(1);
    expect(everOut).toEqual(['web_00', 'web_01', 'web_02', 'web_03']);
  });

  test('with max_unavailable 2 takes out two at a time', async () => {
    await using stack = await startStack({
      config: (config) => ({ ...config, programs: { web: { ...config.programs.web, max_unavailable: 2 } } }),
    });

    const { mostOut } = await restartAll(stack);

    expect(mostOut).toBe(2);
  });
});

import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectNoneFailed,
  startSteadyLoad,
  waitForStep,
  watchServers,
  workUntilReleased,
} from '../../support/acceptance.ts';
import { writeConfig } from '../../support/drainctl.ts';
import { startStack } from '../../support/stack.ts';

describe('two restarts at once', () => {
  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('%s are done one after the other', async (_, sidecar) => {
    await using stack = await startStack({ processes: 2, sidecar });
    const load = await startSteadyLoad(stack);
    const watch = watchServers(stack.haproxy);

    const results = await Promise.all([stack.drainctl(['restart', 'all']), stack.drainctl(['restart', 'all'])]);

    const { mostOut } = await watch.stop();
    await expectNoneFailed(load);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(results.map(({ stderr }) => stderr).join('')).toMatch(/waits for "restart all"/);
    expect(stack.stops().map(({ name, inFlight }) => `${name} ${inFlight}`)).toEqual([
      'web_00 0',
      'web_01 0',
      'web_00 0',
      'web_01 0',
    ]);
    expect(mostOut).toBe(1);
  });

  test('by the sidecar and by a drainctl that does not see it are done one after the other', async () => {
    const work = workUntilReleased();
    let config: object = {};
    await using stack = await startStack({
      processes: 2,
      config: (given) => {
        config = work.config(given);
        return config;
      },
    });
    const load = await startSteadyLoad(stack);
    const watch = watchServers(stack.haproxy);
    const blind = { ...config, sidecar: { socket: stack.directory.file('elsewhere.sock') } };
    const first = stack.spawnDrainctl(['restart', 'all']);
    await waitForStep(first, /depooled/);

    const second = stack.spawnDrainctl(['restart', 'web:web_00'], {
      config: writeConfig(stack.directory, blind, 'blind.yaml'),
    });
    await waitForStep(second, /waits for "restart all" \(pid/);
    work.release();

    const [firstExit, secondExit] = [await exitCodeOf(first), await exitCodeOf(second)];
    const { mostOut } = await watch.stop();
    await expectNoneFailed(load);
    expect([firstExit, secondExit], second.stderr).toEqual([0, 0]);
    expect(mostOut).toBe(1);
  });
});

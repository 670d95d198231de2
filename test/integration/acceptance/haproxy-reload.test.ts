import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectIdleStops,
  expectNoneFailed,
  startHeldRequest,
  startSteadyLoad,
  stickyHaproxy,
  waitForStep,
} from '../../support/acceptance.ts';
import { type StackOptions, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';

/** The pool names the master socket, through which the streams of old workers are counted. */
function withMaster(config: StackConfig): object {
  const addresses = config.pools.lb.addresses.map((address) => ({
    address,
    master: join(dirname(address), 'master.sock'),
  }));
  return { ...config, pools: { lb: { ...config.pools.lb, addresses } } };
}

/** The program counts its requests itself. */
function withProbe(config: StackConfig): object {
  const url = config.programs.web.ready.http.replace(/health$/, 'load');
  return { ...config, programs: { web: { ...config.programs.web, in_flight: [{ probe: 'http', url }] } } };
}

const ways = [
  ['with the master socket', withMaster],
  ["with the program's own probe", withProbe],
] as const;

/** Each process has a request until it is released, so that old workers have streams when they are replaced. */
async function startReloadable(config: NonNullable<StackOptions['config']>) {
  const stack = await startStack({ haproxy: { ...stickyHaproxy, masterWorker: true }, config });
  const held = await Promise.all(stack.webNames.map((_, index) => startHeldRequest(stack, index)));
  const load = await startSteadyLoad(stack, { headers: freshConnections });
  return { stack, load, releaseAll: () => Promise.all(held.map((each) => each.release())) };
}

describe.each(ways)('HAProxy reloaded while draining, %s', (_, config) => {
  test('a shutdown fails no request', async () => {
    const { stack, load, releaseAll } = await startReloadable(config);
    const command = stack.spawnDrainctl(['shutdown']);
    await waitForStep(command, /draining:/, 4);

    await stack.haproxy.reload();
    await waitForStep(command, /taken out again/);
    const held = await releaseAll();
    const exitCode = await exitCodeOf(command);

    await expectNoneFailed(load);
    expect(held.flatMap(({ failures }) => failures)).toEqual([]);
    expect(exitCode, command.stderr).toBe(0);
    expectIdleStops(stack);
  });

  test('a restart fails no request, and all are in again', async () => {
    const { stack, load, releaseAll } = await startReloadable(config);
    const command = stack.spawnDrainctl(['restart', 'web:web_00']);
    await waitForStep(command, /draining:/);

    await stack.haproxy.reload();
    await waitForStep(command, /taken out again/);
    const held = await releaseAll();
    const exitCode = await exitCodeOf(command);

    await stack.haproxy.waitForUp();
    await expectNoneFailed(load);
    expect(held.flatMap(({ failures }) => failures)).toEqual([]);
    expect(exitCode, command.stderr).toBe(0);
    expectIdleStops(stack, ['web:web_00']);
  });
});

/** On a connection that is kept, a request may cross with HAProxy's old worker closing it, whoever drains what. */
const freshConnections = { connection: 'close' };

describe('HAProxy reloaded', () => {
  test('while a process is on hold is told again that it is out', async () => {
    const stack = await startStack({ processes: 2, haproxy: { masterWorker: true }, config: withMaster });
    const load = await startSteadyLoad(stack, { headers: freshConnections });
    await stack.drainctl(['drain', 'web:web_00']);

    await stack.haproxy.reload();
    // The sidecar looks at every tick, every five seconds.
    await expect
      .poll(async () => (await stack.haproxy.serverStates()).get('web_00'), { timeout: 40_000 })
      .toBe('DRAIN');

    await expectNoneFailed(load);
    expect(stack.stops()).toEqual([]);
  });
});

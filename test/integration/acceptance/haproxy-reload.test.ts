import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectIdleStops,
  expectNoneFailed,
  startSteadyLoad,
  waitForStep,
} from '../../support/acceptance.ts';
import type { Load } from '../../support/load.ts';
import { type Stack, type StackOptions, startStack } from '../../support/stack.ts';
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

/** Requests are long, so that old workers have streams when they are replaced. */
async function startReloadable(config: NonNullable<StackOptions['config']>): Promise<{ stack: Stack; load: Load }> {
  const stack = await startStack({ haproxy: { masterWorker: true }, config });
  return { stack, load: await startSteadyLoad(stack, { path: '/?ms=2500', headers: freshConnections }) };
}

describe.each(ways)('HAProxy reloaded while draining, %s', (_, config) => {
  test('a shutdown fails no request', async () => {
    const { stack, load } = await startReloadable(config);
    const command = stack.spawnDrainctl(['shutdown']);
    await waitForStep(command, /draining:/, 4);

    await stack.haproxy.reload();
    const exitCode = await exitCodeOf(command);

    await expectNoneFailed(load);
    expect(exitCode, command.stderr).toBe(0);
    expectIdleStops(stack);
    expect(command.stderr).toContain('taken out again');
  });

  test('a restart fails no request, and all are in again', async () => {
    const { stack, load } = await startReloadable(config);
    const command = stack.spawnDrainctl(['restart', 'web:web_00']);
    await waitForStep(command, /draining:/);

    await stack.haproxy.reload();
    const exitCode = await exitCodeOf(command);

    await stack.haproxy.waitForUp();
    await expectNoneFailed(load);
    expect(exitCode, command.stderr).toBe(0);
    expectIdleStops(stack, ['web:web_00']);
    expect(command.stderr).toContain('taken out again');
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
      .poll(async () => (await stack.haproxy.serverStates()).get('web_00'), { timeout: 15_000 })
      .toBe('DRAIN');

    await expectNoneFailed(load);
    expect(stack.stops()).toEqual([]);
  });
});

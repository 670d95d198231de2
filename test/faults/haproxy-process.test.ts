import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectIdleStops,
  expectNoneFailed,
  startSteadyLoad,
  waitForServerOut,
  waitForStep,
  workUntilReleased,
} from '../support/acceptance.ts';
import type { Haproxy } from '../support/haproxy.ts';
import { startProcess } from '../support/processes.ts';
import { type Stack, type StackOptions, startStack } from '../support/stack.ts';
import type { StackConfig } from '../support/stack-config.ts';
import { toolPath } from '../support/tools.ts';
import { waitFor } from '../support/wait-for.ts';
import { figure, inSoak, scale } from './support/figures.ts';
import { expectNothingLeftOut } from './support/left-out.ts';

const killedRow = 'HAProxy killed and restarted during a drain';
const reloadedRow = 'HAProxy reloaded again and again during one drain';
const renamedRow = 'HAProxy reloaded with a server renamed';

/** A kept connection may carry a request into the old worker as that closes it, whoever drains what. */
const freshConnections = { connections: 20, path: '/?ms=100', headers: { connection: 'close' } };

/** Old workers' streams are counted through the master socket. */
function withMaster(config: StackConfig): StackConfig {
  const addresses = config.pools.lb.addresses.map((address) => ({ address, master: join(address, '../master.sock') }));
  return { ...config, pools: { lb: { ...config.pools.lb, addresses } } } as unknown as StackConfig; // as: an address may be a map
}

/** The second of two HAProxys, through which nobody has a request yet. */
function secondOf({ haproxies }: Stack): Haproxy {
  const [, second] = haproxies;
  if (second === undefined) throw new Error('the stack has one HAProxy');
  return second;
}

test('killed with SIGKILL and started again while draining: the restart waits for it, takes the server out again, and goes on', async () => {
  const work = workUntilReleased();
  await using stack = await startStack({ processes: 2, haproxies: 2, config: work.config });
  const second = secondOf(stack);
  const load = await startSteadyLoad(stack);
  const command = stack.spawnDrainctl(['restart', 'web:web_00']);
  await waitForStep(command, /draining:/);

  second.process.kill('SIGKILL');
  await waitForStep(command, /not confirmed to be out/);
  await using _ = startProcess(toolPath('haproxy'), ['-db', '-f', join(second.directory.path, 'haproxy.cfg')], {
    mark: second.directory.path,
  });
  await waitForServerOut(second, 'web_00');
  const lateLoad = stack.startLoad({ url: second.url, connections: 20 });
  await waitFor(() => lateLoad.result.requests > 50, { what: 'requests through the HAProxy that came back' });
  work.release();
  const exitCode = await exitCodeOf(command);

  await expectNothingLeftOut(stack);
  const { requests, failures } = await lateLoad.stop();
  await expectNoneFailed(load);
  expect({ exitCode, failures }, command.stderr).toEqual({ exitCode: 0, failures: [] });
  expect(command.stderr).toContain('taken out again');
  expectIdleStops(stack, ['web:web_00']);
  figure(killedRow, 'restart, back before the deadline', `exit 0, 0 of ${requests} failed through it afterwards`);
});

test('reloaded again and again during one drain: the server is taken out again each time', async () => {
  const reloads = scale(3, 20);
  const work = workUntilReleased('600s');
  const config = (given: StackConfig) => work.config(withMaster(given));
  await using stack = await startStack({ processes: 2, haproxy: { masterWorker: true }, config });
  const load = await startSteadyLoad(stack, freshConnections);
  const command = stack.spawnDrainctl(['restart', 'web:web_00']);
  await waitForStep(command, /draining:/);

  for (let count = 1; count <= reloads; count += 1) {
    await stack.haproxy.reload();
    await waitForStep(command, /taken out again/, count);
  }
  await waitForServerOut(stack.haproxy, 'web_00');
  work.release();
  const exitCode = await exitCodeOf(command);

  await expectNothingLeftOut(stack);
  const { requests } = load.result;
  await expectNoneFailed(load);
  expect(exitCode, command.stderr).toBe(0);
  expectIdleStops(stack, ['web:web_00']);
  figure(reloadedRow, `restart, ${reloads} reloads`, `exit 0, 0 of ${requests} failed`);
});

describe.runIf(inSoak)('a server renamed by a reload while it drains', () => {
  const stackOptions: StackOptions = {
    processes: 2,
    haproxy: { masterWorker: true },
    config: (config) => withMaster({ ...config, defaults: { ...config.defaults, deadline: '4s' } }),
  };

  test('ends a restart, which stops nothing: the new name may get work', async () => {
    await using stack = await startStack(stackOptions);
    const load = await startSteadyLoad(stack, { ...freshConnections, path: '/?ms=2000' });
    const startedAt = performance.now();
    const command = stack.spawnDrainctl(['restart', 'web:web_00']);
    await waitForStep(command, /draining:/);

    rename(stack.haproxy, 'web_00', 'shop_00');
    await stack.haproxy.reload();
    const exitCode = await exitCodeOf(command);

    const ms = Math.round(performance.now() - startedAt);
    const { requests } = load.result;
    await expectNoneFailed(load);
    expect(exitCode, command.stderr).toBe(1);
    expect(command.stdout).toMatch(/web:web_00 was not stopped: .*app\/web_00 at \S+admin\.sock does not exist there/);
    expect(stack.stops()).toEqual([]);
    rename(stack.haproxy, 'shop_00', 'web_00');
    await stack.haproxy.reload();
    await expectNothingLeftOut(stack);
    figure(renamedRow, 'restart, while draining', `exit 1, ${ms} ms, 0 of ${requests} failed`);
  });
});

function rename(haproxy: Haproxy, from: string, to: string): void {
  const file = join(haproxy.directory.path, 'haproxy.cfg');
  writeFileSync(file, readFileSync(file, 'utf8').replace(`server ${from} `, `server ${to} `));
}

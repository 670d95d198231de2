import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectIdleStops,
  expectNoneFailed,
  startSteadyLoad,
  waitForServer,
  waitForServerOut,
  waitForStep,
} from '../support/acceptance.ts';
import { deadlineMs, type FaultyStack, limitMs, startFaultyStack } from './support/faulty-stack.ts';
import { figure, inSoak } from './support/figures.ts';
import { expectNothingLeftOut, waitForServersOut } from './support/left-out.ts';

const row = 'Two load balancers that disagree';

/** The second HAProxy and the socket in front of it. */
function secondOf({ stack, sockets }: FaultyStack) {
  const [haproxy, socket] = [stack.haproxies[1], sockets[1]];
  if (haproxy === undefined || socket === undefined) throw new Error('the stack has one HAProxy');
  return { haproxy, socket };
}

/** Requests through both, all of which must be answered. */
async function startLoads({ stack }: FaultyStack) {
  const loads = await Promise.all(
    stack.haproxies.map(({ url }) => startSteadyLoad(stack, { url, connections: 15, path: '/?ms=100' })),
  );
  return {
    async expectNoneFailed(): Promise<number> {
      const requests = loads.reduce((sum, load) => sum + load.result.requests, 0);
      for (const load of loads) await expectNoneFailed(load);
      return requests;
    },
  };
}

/** Restarts web_00 and resolves at its end. `meanwhile` is what goes wrong. */
async function restart(
  { stack }: FaultyStack,
  meanwhile: (command: ReturnType<typeof stack.spawnDrainctl>) => Promise<void>,
) {
  const startedAt = performance.now();
  const command = stack.spawnDrainctl(['restart', 'web:web_00']);
  await meanwhile(command);
  const exitCode = await exitCodeOf(command, limitMs + 20_000);
  const ms = Math.round(performance.now() - startedAt);
  return { exitCode, ms, stdout: command.stdout, stderr: command.stderr };
}

describe('two load balancers', () => {
  test('of which the second comes back late, at the put-back: the sidecar puts it back later, and the result says so', async () => {
    const world = await startFaultyStack({ haproxies: 2 });
    const { haproxy, socket } = secondOf(world);
    const loads = await startLoads(world);
    socket.becomeAt(/state ready/, 'silent');
    world.work.release();

    const { exitCode, ms, stdout, stderr } = await restart(world, async () => {});

    expect(exitCode, stderr).toBe(1);
    expect(ms).toBeLessThan(limitMs);
    expect(stdout).toContain(`HAProxy at ${socket.path} did not answer within 2s`);
    expect(stdout).toContain(
      `Out still: app/web_00 at ${socket.path}; elsewhere it is as it was. A sidecar puts that back`,
    );
    await waitForServersOut(world.stack.haproxy, []);
    expect(await haproxy.serversOut()).toEqual(['web_00']);
    await socket.become(undefined);
    await expectNothingLeftOut(world.stack);
    expectIdleStops(world.stack, ['web:web_00']);
    const requests = await loads.expectNoneFailed();
    figure(row, 'one back late, after the restart', `exit 1, ${ms} ms, then put back; 0 of ${requests} failed`);
  });

  test('of which the second is away at the start and back before the deadline: both confirm, then the restart goes on', async () => {
    const world = await startFaultyStack({ haproxies: 2 });
    const { haproxy, socket } = secondOf(world);
    const loads = await startLoads(world);
    await socket.become('refused');

    const { exitCode, ms, stderr } = await restart(world, async (command) => {
      await waitForStep(command, /trying again/);
      await waitForServerOut(world.stack.haproxy, 'web_00');
      expect(await haproxy.serversOut()).toEqual([]);
      await socket.become(undefined);
      await waitForServerOut(haproxy, 'web_00');
      expect(world.stack.stops()).toEqual([]);
      world.work.release();
    });

    expect(exitCode, stderr).toBe(0);
    await expectNothingLeftOut(world.stack);
    expectIdleStops(world.stack, ['web:web_00']);
    const requests = await loads.expectNoneFailed();
    figure(row, 'one away, back before the deadline', `exit 0, ${ms} ms, 0 of ${requests} failed`);
  });
});

describe.runIf(inSoak)('two load balancers, in the soak', () => {
  test('of which an operator has a server in MAINT in one: after the restart each has its state before', async () => {
    const world = await startFaultyStack({ haproxies: 2 });
    const { haproxy } = secondOf(world);
    const loads = await startLoads(world);
    await haproxy.command('set server app/web_00 state maint');
    await waitForServer(haproxy, 'web_00', /^MAINT$/);
    world.work.release();

    const { exitCode, ms, stderr } = await restart(world, async () => {});

    expect(exitCode, stderr).toBe(0);
    await waitForServer(world.stack.haproxy, 'web_00', /^UP$/);
    await waitForServer(haproxy, 'web_00', /^MAINT$/);
    expectIdleStops(world.stack, ['web:web_00']);
    const requests = await loads.expectNoneFailed();
    figure(row, 'one has it in MAINT, one UP', `exit 0, ${ms} ms, both as before; 0 of ${requests} failed`);
  });

  test.each(['refused', 'silent', 'denied', 'ignored'] as const)(
    'of which the second is %s until the deadline: undone in the first, and the message says so',
    async (fault) => {
      const world = await startFaultyStack({ haproxies: 2 });
      const { socket } = secondOf(world);
      const loads = await startLoads(world);
      await socket.become(fault);

      const { exitCode, ms, stdout, stderr } = await restart(world, async () => {});

      expect(exitCode, stderr).toBe(1);
      expect(ms).toBeLessThan(limitMs);
      expect(stdout).toContain(socket.path);
      expect(stdout).toMatch(/web:web_00 was put back and runs on/);
      for (const { serversOut } of world.stack.haproxies) expect(await serversOut()).toEqual([]);
      expect(world.stack.stops()).toEqual([]);
      await socket.become(undefined);
      await expectNothingLeftOut(world.stack);
      const requests = await loads.expectNoneFailed();
      figure(row, `one ${fault} until the deadline`, `exit 1, ${ms} ms, undone; 0 of ${requests} failed`);
    },
  );

  test('of which the second takes 3 s over each answer, within its timeout: two members are restarted all the same', async () => {
    const world = await startFaultyStack({
      haproxies: 2,
      config: (config) => ({
        ...config,
        pools: { lb: { ...config.pools.lb, timeout: '10s' } },
        defaults: { ...config.defaults, max_unavailable: 2 },
        programs: {
          web: { ...config.programs.web, deadline: '60s', ready: { ...config.programs.web.ready, deadline: '60s' } },
        },
      }),
    });
    const { socket } = secondOf(world);
    const loads = await startLoads(world);
    await socket.become('slow');
    world.work.release();

    const startedAt = performance.now();
    const command = world.stack.spawnDrainctl(['restart', 'all']);
    const exitCode = await exitCodeOf(command, 120_000);

    const ms = Math.round(performance.now() - startedAt);
    expect(exitCode, command.stderr).toBe(0);
    expect(ms).toBeLessThan(60_000);
    await socket.become(undefined);
    await expectNothingLeftOut(world.stack);
    expectIdleStops(world.stack);
    const requests = await loads.expectNoneFailed();
    figure(row, 'one takes 3 s an answer, two members', `exit 0, ${ms} ms, 0 of ${requests} failed`);
  });

  test.each([
    ['continued before the deadline', 0],
    ['not continued', 1],
  ] as const)('of which the second is frozen while draining and %s', async (_, expectedExit) => {
    const world = await startFaultyStack({
      haproxies: 2,
      config: (config) => ({
        ...config,
        programs: { web: { ...config.programs.web, deadline: `${2 * deadlineMs}ms` } },
      }),
    });
    const { haproxy } = secondOf(world);
    const load = await startSteadyLoad(world.stack, { connections: 20, path: '/?ms=100' });

    const { exitCode, ms, stdout, stderr } = await restart(world, async (command) => {
      await waitForStep(command, /draining:/);
      haproxy.process.kill('SIGSTOP');
      await waitForStep(command, /not confirmed to be out/);
      if (expectedExit === 0) haproxy.process.kill('SIGCONT');
      world.work.release();
    });

    haproxy.process.kill('SIGCONT');
    expect(exitCode, stderr).toBe(expectedExit);
    expect(ms).toBeLessThan(limitMs + deadlineMs);
    if (expectedExit === 1) expect(stdout).toMatch(/web:web_00 was not stopped: .*Out still: app\/web_00 at/s);
    await expectNothingLeftOut(world.stack);
    expectIdleStops(world.stack, expectedExit === 0 ? ['web:web_00'] : []);
    const { requests } = load.result;
    await expectNoneFailed(load);
    const name = `one frozen while draining, ${expectedExit === 0 ? 'continued' : 'to the end'}`;
    figure(row, name, `exit ${expectedExit}, ${ms} ms, 0 of ${requests} failed`);
  });
});

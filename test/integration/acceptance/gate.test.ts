import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectIdleStops,
  expectNoneFailed,
  historyOf,
  startSteadyLoad,
  waitForStep,
  workUntilReleased,
} from '../../support/acceptance.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

type Way = readonly [name: string, stop: (stack: Stack) => unknown];

const shutdowns: readonly Way[] = [
  ['SIGTERM', ({ supervisord }) => supervisord.process.kill('SIGTERM')],
  ['supervisorctl shutdown', ({ supervisord }) => supervisord.ctl(['shutdown'])],
];

const reloads: readonly Way[] = [
  ['SIGHUP', ({ supervisord }) => supervisord.process.kill('SIGHUP')],
  ['supervisorctl reload', ({ supervisord }) => supervisord.ctl(['reload'])],
];

describe('the gate', () => {
  test.each(shutdowns)('holds up %s until everything has drained', async (_, stop) => {
    await using stack = await startStack();
    const load = await startSteadyLoad(stack);

    await stop(stack);
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect((await stack.supervisord.process.exited).code).toBe(0);
  });

  test.each(reloads)('holds up %s until everything has drained, and all is back after it', async (_, reload) => {
    await using stack = await startStack();
    const load = await startSteadyLoad(stack);

    await reload(stack);
    await waitFor(() => stack.stops().length === 4, { what: 'four stops', timeoutMs: 60_000 });
    await stack.haproxy.waitForUp();
    await stack.waitForHealthy();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    const gate = (await historyOf(stack)).find(({ action }) => action === 'gate');
    expect(gate).toMatchObject({ action: 'gate', outcome: 'done', cut: 0 });
  });

  test('lets drainctl shutdown wait for a supervisord that is stopping already', async () => {
    const work = workUntilReleased();
    await using stack = await startStack({ processes: 2, config: work.config });
    const load = await startSteadyLoad(stack);
    stack.supervisord.process.kill('SIGTERM');
    await waitFor(() => stack.supervisord.listenerLog().includes('supervisord is stopping'), { what: 'the gate' });

    const command = stack.spawnDrainctl(['shutdown']);
    await waitForStep(command, /supervisord is stopping or reloading already/);
    work.release();
    const exitCode = await exitCodeOf(command);

    // Its process id can't be asked for any more; its socket closes a moment before it ends.
    await stack.supervisord.waitForExit(10_000);
    await expectNoneFailed(load);
    expect(exitCode, command.stderr).toBe(0);
    expect(command.stdout).toContain('stopping already');
    expectIdleStops(stack);
  });

  test('does not hold up a stop of the sidecar alone', async () => {
    await using stack = await startStack({ processes: 2 });
    const load = await startSteadyLoad(stack);

    const startedAt = performance.now();
    const { stdout } = await stack.supervisord.ctl(['stop', 'drain']);
    const ms = performance.now() - startedAt;

    await expectNoneFailed(load);
    expect(stdout).toContain('drain: stopped');
    expect(ms).toBeLessThan(20_000);
    expect(stack.stops()).toEqual([]);
    expect([...(await stack.haproxy.serverStates()).values()]).toEqual(['UP', 'UP', 'UP']);
  });
});

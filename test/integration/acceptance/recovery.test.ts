import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectNoneFailed,
  killSidecar,
  sidecarPid,
  startHeldRequest,
  startSteadyLoad,
  statusOf,
  stickyHaproxy,
  waitForStep,
} from '../../support/acceptance.ts';
import { startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('the sidecar killed', () => {
  test('in the middle of a restart puts back what was out when it is there again', async () => {
    await using stack = await startStack({ haproxy: stickyHaproxy });
    const long = await startHeldRequest(stack);
    const load = await startSteadyLoad(stack);
    const command = stack.spawnDrainctl(['restart', 'all']);
    await waitForStep(command, /web_00 draining:/);

    const killed = await killSidecar(stack);
    const exitCode = await exitCodeOf(command);
    await waitFor(async () => (await sidecarPid(stack)) !== killed, { what: 'another sidecar' });
    await stack.waitForHealthy();

    const ended = long.result.requests;
    await long.close();
    await expectNoneFailed(load);
    expect(ended).toBe(0);
    expect(exitCode).toBe(1);
    expect(command.stderr).toContain('sidecar');
    expect(stack.stops()).toEqual([]);
    const { processes } = await statusOf(stack);
    expect(processes.map(({ pool, why }) => `${pool} ${why}`)).toEqual(['in ', 'in ', 'in ', 'in ']);
  });
});

describe('the sidecar stopped alone', () => {
  test('in the middle of a restart puts back what was out before it ends', async () => {
    await using stack = await startStack({ haproxy: stickyHaproxy });
    const long = await startHeldRequest(stack);
    const load = await startSteadyLoad(stack);
    const command = stack.spawnDrainctl(['restart', 'all']);
    await waitForStep(command, /web_00 draining:/);

    const { stdout } = await stack.supervisord.ctl(['stop', 'drain']);

    const states = await stack.haproxy.serverStates();
    const exitCode = await exitCodeOf(command);
    const ended = long.result.requests;
    await long.close();
    await expectNoneFailed(load);
    expect(ended).toBe(0);
    expect(stdout).toContain('drain: stopped');
    expect(new Set(states.values())).toEqual(new Set(['UP']));
    expect(exitCode, command.stderr).not.toBe(0);
    expect(stack.stops()).toEqual([]);
  });
});

describe('a drainctl that works without a sidecar, killed', () => {
  test('in the middle of a restart leaves what the next sidecar puts back', async () => {
    await using stack = await startStack({ haproxy: stickyHaproxy });
    await stack.supervisord.ctl(['stop', 'drain']);
    const long = await startHeldRequest(stack);
    const load = await startSteadyLoad(stack);
    const command = stack.spawnDrainctl(['restart', 'all']);
    await waitForStep(command, /web_00 draining:/);

    command.kill('SIGKILL');
    await exitCodeOf(command);
    const out = (await stack.haproxy.serverStates()).get('web_00');
    await stack.supervisord.ctl(['start', 'drain']);
    await stack.haproxy.waitForUp();

    const ended = long.result.requests;
    await long.close();
    await expectNoneFailed(load);
    expect(ended).toBe(0);
    expect(out).toBe('DRAIN');
    expect(stack.stops()).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectNoneFailed,
  startHeldRequest,
  startSteadyLoad,
  statusOf,
  stickyHaproxy,
  waitForServer,
  waitForStep,
} from '../../support/acceptance.ts';
import type { RunningProcess } from '../../support/processes.ts';
import { type Stack, startStack } from '../../support/stack.ts';

type Cancel = (command: RunningProcess, stack: Stack) => unknown;

const drainctlCancel: Cancel = (_, stack) => stack.drainctl(['cancel']);
const sigint: Cancel = (command) => command.kill('SIGINT');
const sigterm: Cancel = (command) => command.kill('SIGTERM');

const cases: readonly (readonly [action: string, how: string, sidecar: boolean, cancel: Cancel])[] = [
  ['drain', 'drainctl cancel', true, drainctlCancel],
  ['restart', 'drainctl cancel', true, drainctlCancel],
  ['stop', 'SIGINT', true, sigint],
  ['restart', 'SIGTERM', true, sigterm],
  ['drain', 'SIGTERM, without a sidecar,', false, sigterm],
  ['restart', 'SIGINT, without a sidecar,', false, sigint],
];

describe('a run that is under way', () => {
  test.each(cases)('%s is ended by %s, and puts back what was out', async (action, _, sidecar, cancel) => {
    await using stack = await startStack({ processes: 2, sidecar, haproxy: stickyHaproxy });
    const long = await startHeldRequest(stack);
    const load = await startSteadyLoad(stack);
    const command = stack.spawnDrainctl([action, 'web:web_00']);
    await waitForStep(command, /web_00 draining:/);

    await cancel(command, stack);
    const exitCode = await exitCodeOf(command);

    const states = await stack.haproxy.serverStates();
    const ended = long.result.requests;
    await long.close();
    await expectNoneFailed(load);
    expect(exitCode, command.stderr).toBe(4);
    expect(ended).toBe(0);
    expect(states).toEqual(new Map(['web_00', 'web_01', 'peer'].map((name) => [name, 'UP'])));
    expect(stack.stops()).toEqual([]);
    expect((await statusOf(stack)).processes.map(({ held }) => held)).toEqual([false, false]);
  });
});

describe('drainctl cancel', () => {
  test('says that there is nothing to cancel', async () => {
    await using stack = await startStack({ processes: 1, peer: false });

    const { exitCode, stdout } = await stack.drainctl(['cancel']);

    expect(exitCode).toBe(0);
    expect(stdout).toBe('No run is under way.');
  });
});

describe('a second SIGINT', () => {
  test('ends the command at once', async () => {
    // The undo can't finish while HAProxy does not answer.
    await using stack = await startStack({ processes: 1, sidecar: false, haproxy: stickyHaproxy });
    const long = await startHeldRequest(stack);
    const load = await startSteadyLoad(stack);
    const command = stack.spawnDrainctl(['drain', 'web:*']);
    await waitForStep(command, /web_00 draining:/);
    stack.haproxy.process.kill('SIGSTOP');
    command.kill('SIGINT');
    await waitForStep(command, /cancelling/);

    const signalledAt = performance.now();
    command.kill('SIGINT');
    const exitCode = await exitCodeOf(command);
    const ms = performance.now() - signalledAt;

    stack.haproxy.process.kill('SIGCONT');
    await long.close();
    expect(exitCode).toBe(4);
    // The undo gives up after ten.
    expect(ms).toBeLessThan(8_000);
    expect(command.stderr).toContain('drainctl pool');
    const pool = await stack.drainctl(['pool', 'web:*']);
    expect(pool.exitCode, pool.stderr).toBe(0);
    await waitForServer(stack.haproxy, 'web_00', /^UP$/);
    await expectNoneFailed(load);
  });
});

import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectIdleStops,
  expectNoneFailed,
  historyOf,
  startSteadyLoad,
  waitForServerOut,
  waitForStep,
  workUntilReleased,
} from '../support/acceptance.ts';
import { listenCommand } from '../support/drainctl.ts';
import { signalProcess } from '../support/marked-processes.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { waitFor } from '../support/wait-for.ts';
import { figure, scale } from './support/figures.ts';
import { startAtTerminal, startShell } from './support/shell.ts';

const row = 'closed terminal, broken pipe, full disk as output';

const byWhom = scale([false], [false, true]);

describe.each(byWhom)('a terminal that is closed (through the sidecar: %s)', (sidecar) => {
  test('cancels a restart, which puts back what it took out', async () => {
    const work = workUntilReleased();
    await using stack = await startStack({ processes: 2, sidecar, config: work.config });
    const load = await startSteadyLoad(stack);
    const terminal = startAtTerminal(stack, ['restart', 'web:web_00']);
    await waitForServerOut(stack.haproxy, 'web_00');
    const pid = terminal.pid();

    terminal.hangUp();
    // As a shell does that passes on what it got itself.
    signalProcess(pid, 'SIGHUP');

    await waitFor(() => !signalProcess(pid, 0), { what: 'the end of the command', timeoutMs: 30_000 });
    expect(await stack.haproxy.serversOut()).toEqual([]);
    expect((await historyOf(stack))[0]).toMatchObject({ action: 'restart', outcome: 'cancelled' });
    expect(stack.stops()).toEqual([]);
    await expectNoneFailed(load);
    figure(row, `restarts cancelled${sidecar ? ' through the sidecar' : ''}, nothing left out`, 1);
  });

  test('does not end a shutdown', async () => {
    const work = workUntilReleased();
    await using stack = await startStack({ processes: 2, sidecar, config: work.config });
    const load = await startSteadyLoad(stack);
    const terminal = startAtTerminal(stack, ['shutdown']);
    await waitForServerOut(stack.haproxy, 'web_00');

    terminal.hangUp();
    signalProcess(terminal.pid(), 'SIGHUP');
    work.release();
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    figure(row, `shutdowns that went on${sidecar ? ' in the sidecar' : ''}`, 1);
  });
});

describe('outputs that are lost', () => {
  let stack: Stack;
  let stops = 0;

  beforeAll(async () => {
    stack = await startStack({ processes: 2 });
  });

  beforeEach(() => {
    stops = stack.stops().length;
  });

  const restarted = () =>
    stack
      .stops()
      .slice(stops)
      .map(({ inFlight }) => inFlight);

  test.each(
    [
      ['a reader that leaves after one line', '$drainctl restart all 2>&1 | head -1; exit $PIPESTATUS', 0],
      ['a reader that was never there', '$drainctl restart all 2>&1 | true; exit $PIPESTATUS', 0],
      ['a full disk', '$drainctl restart all >/dev/full 2>/dev/full', 1],
      ['all three closed', '$drainctl restart all <&- >&- 2>&-', 0],
    ].slice(0, scale(3, 4)) as [string, string, number][],
  )('a restart is done to its end: %s', async (_, line, exitCode) => {
    const load = await startSteadyLoad(stack, { connections: 10, path: '/?ms=50' });

    const shell = startShell(stack, line);

    expect(await exitCodeOf(shell)).toBe(exitCode);
    expect(shell.stdout + shell.stderr).not.toMatch(/^\s+at |Error/m);
    expect(restarted()).toEqual([0, 0]);
    expect(await stack.haproxy.serversOut()).toEqual([]);
    await expectNoneFailed(load);
    figure(row, 'restarts with a lost output, done to their end', 'all');
  });

  test('a result that could not be written is an error that says so', async () => {
    const shell = startShell(stack, '$drainctl status >/dev/full');

    expect(await exitCodeOf(shell)).toBe(1);
    expect(shell.stderr).toContain("drainctl: standard output can't be written (ENOSPC), so the result is lost");
  });

  test('a status whose reader has enough is no error', async () => {
    const shell = startShell(stack, '$drainctl status | head -1; exit $PIPESTATUS');

    expect(await exitCodeOf(shell)).toBe(0);
    expect({ stdout: shell.stdout.split('\n').length, stderr: shell.stderr }).toEqual({ stdout: 2, stderr: '' });
  });

  test('a status that is shown anew ends when its reader does', async () => {
    const shell = startShell(stack, '$drainctl status --watch | head -1; exit $PIPESTATUS');

    expect(await exitCodeOf(shell)).toBe(0);
  });
});

describe.each(
  [
    ['a full disk', '2>/dev/full'],
    ['a pipe that nobody reads', '2> >(true)'],
  ].slice(0, scale(1, 2)) as [string, string][],
)('a sidecar whose log is lost in %s', (_, redirection) => {
  test('drains all the same, and holds the gate', async () => {
    const command = `bash -c "exec ${listenCommand('%(here)s/drainctl.yaml')} ${redirection}"`;
    await using stack = await startStack({ processes: 2, listener: { command } });
    const load = await startSteadyLoad(stack);

    const restart = stack.spawnDrainctl(['restart', 'web:web_00']);
    expect(await exitCodeOf(restart)).toBe(0);
    await waitForStep(restart, /repooled/);
    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack, ['web:web_00', ...stack.webNames]);
    figure(row, 'sidecars that held the gate without a log', scale(1, 2));
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad } from '../../support/acceptance.ts';
import { startProcess } from '../../support/processes.ts';
import { type Stack, type StackOptions, startStack } from '../../support/stack.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { toolPath } from '../../support/tools.ts';
import { waitFor } from '../../support/wait-for.ts';

const few = { connections: 20 };

/** A state_dir below a regular file: nobody can make it, not even root. */
function impossible(): StackOptions {
  const stateDir = `${temporaryDirectory().write('file', '')}/state`;
  return { processes: 2, config: (config) => ({ ...config, state_dir: stateDir }) };
}

/** As systemd starts it again: another supervisord with the same configuration, and so another sidecar. */
async function startAgain(stack: Stack): Promise<void> {
  const mark = stack.directory.path;
  await stack.supervisord.waitForExit();
  startProcess(toolPath('supervisord'), ['--nodaemon', '--configuration', stack.supervisord.configFile], { mark });
  // Only the sidecar puts them back: HAProxy keeps them in DRAIN.
  await stack.haproxy.waitForUp();
}

/** What the second place of the journal holds; undefined: nothing is there. */
function spareOf(stack: Stack): { entries: unknown[] } | undefined {
  const dir = stack.directory.file('drainctl');
  const [file] = existsSync(dir) ? readdirSync(dir) : [];
  return file === undefined ? undefined : JSON.parse(readFileSync(`${dir}/${file}`, 'utf8'));
}

describe('with a state_dir that can not be made', () => {
  test.each([
    ['through the sidecar', true],
    ['by itself', false],
  ])('what drainctl shutdown, %s, took out goes back at the next start', async (_, throughSidecar) => {
    await using stack = await startStack(impossible());
    if (!throughSidecar) await stack.supervisord.ctl(['stop', 'drain']);

    const { stderr } = await stack.drainctl(['shutdown']);
    const left = await stack.haproxy.serversOut();
    await startAgain(stack);

    expect(left).toContain('web_00');
    expect(stderr).toMatch(/state_dir can't be written; the journal is kept in .*drainctl, which a reboot empties/);
    await waitFor(() => spareOf(stack)?.entries.length === 0, { what: 'a journal without entries' });
  });

  test('what the gate took out goes back at the next start', async () => {
    await using stack = await startStack(impossible());

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();
    const left = await stack.haproxy.serversOut();
    await startAgain(stack);

    expect(left).toContain('web_00');
    expect(stack.supervisord.listenerLog()).toContain('which a reboot empties');
  });

  test('nor the second place, drainctl shutdown says what is to be put back by hand', async () => {
    await using stack = await startStack(impossible());
    stack.directory.write('drainctl', 'a file in the way');

    const { stdout, stderr } = await stack.drainctl(['shutdown']);

    expect(stderr).toContain("what this run takes out can't be written down");
    expect(stdout).toMatch(/put back by hand: app\/web_0\d at .*, app\/web_0\d at /);
  });

  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('drainctl shutdown, %s, drains all the same, and says what is missing', async (_, sidecar) => {
    await using stack = await startStack({ ...impossible(), sidecar });
    const load = await startSteadyLoad(stack, few);

    const { exitCode, stderr } = await stack.drainctl(['shutdown']);

    await stack.supervisord.waitForExit(10_000);
    await expectNoneFailed(load);
    // There is no history to tell how it went: the sidecar waits until its result was fetched.
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('goes on without a lock');
    expectIdleStops(stack);
  });

  test('the gate drains all the same, and says what is missing', async () => {
    await using stack = await startStack(impossible());
    const load = await startSteadyLoad(stack, few);

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect(stack.supervisord.listenerLog()).toMatch(/goes on without a lock.*can't be locked/);
    expect(stack.supervisord.listenerLog()).toMatch(/The journal .* can't be written/);
  });

  test('drainctl pool puts back what a drain has taken out', async () => {
    await using stack = await startStack(impossible());
    const load = await startSteadyLoad(stack, few);

    const drain = await stack.drainctl(['drain', 'web:web_00']);
    const between = (await stack.haproxy.serverStates()).get('web_00');
    const pool = await stack.drainctl(['pool', 'web:web_00']);

    const after = (await stack.haproxy.serverStates()).get('web_00');
    await expectNoneFailed(load);
    expect([drain.exitCode, pool.exitCode], drain.stderr + pool.stderr).toEqual([0, 0]);
    expect([between, after]).toEqual([expect.stringMatching(/DRAIN|MAINT/), 'UP']);
  });
});

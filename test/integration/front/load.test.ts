import { describe, expect, test } from 'vitest';
import {
  expectIdleStops,
  expectNoneFailed,
  sidecarPid,
  startSteadyLoad,
  waitForServer,
} from '../../support/acceptance.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { webSection } from '../../support/stack-config.ts';
import { waitFor } from '../../support/wait-for.ts';

/** What supervisorctl prints and how it ends, asked at the sidecar. */
async function ctl(stack: Stack, ...args: string[]) {
  return stack.supervisord.ctl(args, stack.sidecarUrl);
}

async function waitForAllUp(stack: Stack): Promise<void> {
  for (const name of stack.webNames) await waitForServer(stack.haproxy, name.replace('web:', ''), /^UP$/);
}

/** Changes the command of the web program in supervisord's configuration. */
function changeCommand(stack: Stack): void {
  const [firstPort = 0] = stack.webPorts;
  const stopLog = stack.directory.file('stops.jsonl');
  const args = ['--start-delay', '50'];
  stack.supervisord.rewrite([webSection({ processes: stack.webPorts.length, firstPort, stopLog, args, keys: {} })]);
}

function lines(names: readonly string[], what: string): string[] {
  return names.map((name) => `${name}: ${what}`);
}

// The longest takes 10 s on a machine that is not busy.
describe('under 60 connections', { timeout: 180_000 }, () => {
  test.each([
    ['restart', 'all'],
    ['restart', 'web:*'],
  ])('supervisorctl %s %s cuts off nothing', async (...args) => {
    await using stack = await startStack();
    const load = await startSteadyLoad(stack);

    const { stdout, exitCode } = await ctl(stack, ...args);

    await waitForAllUp(stack);
    await expectNoneFailed(load);
    expect(
      stdout
        .split('\n')
        .filter((line) => !line.startsWith('drain: '))
        .toSorted(),
    ).toEqual([...lines(stack.webNames, 'stopped'), ...lines(stack.webNames, 'started')].toSorted());
    expect(exitCode, stdout).toBe(0);
    expectIdleStops(stack);
  });

  test('supervisorctl stop all, then start all, cut off nothing', async () => {
    await using stack = await startStack();
    const load = await startSteadyLoad(stack);

    const stop = await ctl(stack, 'stop', 'all');
    const stopped = await stack.supervisord.states();
    const start = await ctl(stack, 'start', 'all');

    await waitForAllUp(stack);
    await expectNoneFailed(load);
    expect(stack.webNames.map((name) => stopped.get(name))).toEqual(stack.webNames.map(() => 'STOPPED'));
    expect([stop.exitCode, start.exitCode], stop.stdout + start.stdout).toEqual([0, 0]);
    expectIdleStops(stack);
  });

  test('supervisorctl update after a changed command cuts off nothing', async () => {
    await using stack = await startStack();
    const load = await startSteadyLoad(stack);
    changeCommand(stack);

    const { stdout, exitCode } = await ctl(stack, 'update');

    await waitForAllUp(stack);
    await expectNoneFailed(load);
    expect(stdout).toBe('web: stopped\nweb: updated process group');
    expect(exitCode).toBe(0);
    expectIdleStops(stack);
  });

  test('supervisorctl reload cuts off nothing', async () => {
    await using stack = await startStack();
    const load = await startSteadyLoad(stack);
    const sidecar = await sidecarPid(stack);

    const { stdout, exitCode } = await ctl(stack, 'reload');

    await waitFor(() => stack.stops().length === stack.webNames.length, { what: 'the stops', timeoutMs: 30_000 });
    await waitFor(async () => (await sidecarPid(stack)) !== sidecar, { what: 'another sidecar', timeoutMs: 20_000 });
    await stack.waitForHealthy();
    await waitForAllUp(stack);
    await expectNoneFailed(load);
    expect({ stdout, exitCode }).toEqual({ stdout: 'Restarted supervisord', exitCode: 0 });
    expectIdleStops(stack);
  });

  test('supervisorctl shutdown cuts off nothing', async () => {
    await using stack = await startStack();
    const load = await startSteadyLoad(stack);

    const { stdout, exitCode } = await ctl(stack, 'shutdown');

    await stack.supervisord.waitForExit();
    await expectNoneFailed(load);
    expect({ stdout, exitCode }).toEqual({ stdout: 'Shut down', exitCode: 0 });
    expectIdleStops(stack);
  });

  test('a loop of single restarts cuts off nothing, with nobody to take over', async () => {
    await using stack = await startStack({ peer: false, processes: 3 });
    const load = await startSteadyLoad(stack);

    const results = [];
    for (const name of stack.webNames) results.push(await ctl(stack, 'restart', name));

    await waitForAllUp(stack);
    await expectNoneFailed(load);
    expect(results).toEqual(
      stack.webNames.map((name) => ({ stdout: `${name}: stopped\n${name}: started`, exitCode: 0 })),
    );
    expectIdleStops(stack);
  });

  test('a loop of single restarts of programs that are slow to be ready cuts off nothing, with nobody to take over', async () => {
    await using stack = await startStack({ peer: false, processes: 2, webArgs: ['--ready-delay', '1500'] });
    const load = await startSteadyLoad(stack);

    for (const name of stack.webNames) await ctl(stack, 'restart', name);

    await waitForAllUp(stack);
    await expectNoneFailed(load);
    expectIdleStops(stack);
  });
});

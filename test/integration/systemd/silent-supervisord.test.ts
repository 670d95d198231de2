import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunDocument } from '../../../src/drain/api.ts';
import {
  exitCodeOf,
  expectNoneFailed,
  historyOf,
  startSteadyLoad,
  waitForServer,
  waitForServerOut,
  workUntilReleased,
} from '../../support/acceptance.ts';
import { fakeSystemctl } from '../../support/fake-systemctl.ts';
import { endMarked } from '../../support/marked-processes.ts';
import { startNotifyReceiver } from '../../support/notify-receiver.ts';
import { startProcess } from '../../support/processes.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';
import { toolPath } from '../../support/tools.ts';
import { waitFor } from '../../support/wait-for.ts';

const few = { connections: 12 };

/** What systemd gives to ExecStop=, of a supervisord that runs. */
function stopOf(stack: Stack) {
  return { MAINPID: String(stack.supervisord.pid), SERVICE_RESULT: 'success' };
}

/** What systemd gives to ExecStop=, of a supervisord that was killed. */
const afterCrash = { SERVICE_RESULT: 'signal', EXIT_CODE: 'killed', EXIT_STATUS: 'KILL' };

/** Waits until the sidecar has written down that both run. */
async function untilSeen(stack: Stack): Promise<void> {
  await waitFor(
    () => {
      const text = readFileSync(join(stack.stateDir, 'processes.json'), 'utf8');
      // as: the documented form of the file
      const { infos } = JSON.parse(text) as { infos: { fullName: string; state: string }[] };
      const web = infos.filter(({ fullName }) => fullName.startsWith('web:'));
      return web.length === stack.webNames.length && web.every(({ state }) => state === 'RUNNING');
    },
    { what: 'the processes to be on the disk' },
  );
}

async function kill9(stack: Stack): Promise<void> {
  stack.supervisord.process.kill('SIGKILL');
  await stack.supervisord.waitForExit();
}

describe('drainctl shutdown after supervisord was killed with SIGKILL', () => {
  test('takes out what it ran, at once, and exits with 0', async () => {
    await using stack = await startStack({ processes: 2 });
    await untilSeen(stack);
    await kill9(stack);

    const { exitCode, stdout, stderr, ms } = await stack.drainctl(['shutdown'], { env: afterCrash });

    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain('supervisord has crashed (killed, KILL)');
    expect(stdout).toContain('Taken out of their pools: web:web_00, web:web_01. They go back when supervisord runs');
    // A supervisord that hangs has ten.
    expect(ms).toBeLessThan(9_000);
    for (const name of ['web_00', 'web_01']) await waitForServerOut(stack.haproxy, name);
    expect(await historyOf(stack)).toMatchObject([
      { action: 'depool', occasion: 'supervisord crashed', outcome: 'done' },
    ]);
  });

  test('leaves behind what the next sidecar needs to put them back', async () => {
    await using stack = await startStack({ processes: 2, peer: false });
    await untilSeen(stack);
    await kill9(stack);
    await stack.drainctl(['shutdown'], { env: afterCrash });
    // systemd kills what is left, and starts supervisord anew.
    await endMarked(stack.directory.path);
    await using _again = startProcess(
      toolPath('supervisord'),
      ['--nodaemon', '--configuration', stack.supervisord.configFile],
      { mark: stack.directory.path },
    );

    for (const name of ['web_00', 'web_01']) await waitForServer(stack.haproxy, name, /^UP/);
  });

  test('says of a pool that does not answer that the process is still in it, and exits with 1', async () => {
    await using stack = await startStack({ processes: 1 });
    await untilSeen(stack);
    await kill9(stack);
    await stack.haproxy.close();

    const { exitCode, stdout } = await stack.drainctl(['shutdown', '--deadline', '500ms'], { env: afterCrash });

    expect(exitCode).toBe(1);
    expect(stdout).toContain('web:web_00 could not be taken out');
  });

  test('without a sidecar that has seen what it ran says so, and exits with 5', async () => {
    await using stack = await startStack({ processes: 1, sidecar: false });
    await kill9(stack);

    const { exitCode, stdout } = await stack.drainctl(['shutdown'], { env: afterCrash });

    expect(exitCode).toBe(5);
    expect(stdout).toContain('What it ran is not known');
  });
});

test('drainctl shutdown after an ordinary stop (ExecStopPost=) finds nothing to do, and says nothing to systemd', async () => {
  await using receiver = await startNotifyReceiver();
  await using stack = await startStack({ processes: 2 });
  await untilSeen(stack);
  await stack.drainctl(['shutdown'], { env: stopOf(stack) });

  const { exitCode, stdout, stderr } = await stack.drainctl(['shutdown'], {
    env: { SERVICE_RESULT: 'success', EXIT_CODE: 'exited', EXIT_STATUS: '0', NOTIFY_SOCKET: receiver.socket },
  });

  expect(exitCode, stderr).toBe(0);
  expect(stdout).toBe('supervisord has ended. It ran nothing any more.');
  expect(receiver.messages()).toEqual([]);
  expect((await historyOf(stack)).filter(({ action }) => action === 'depool')).toEqual([]);
});

describe('drainctl shutdown of a supervisord that hangs', () => {
  test('drains what it was last seen to run, and exits with 5; going on, supervisord finds it drained', async () => {
    await using stack = await startStack({ processes: 2 });
    await untilSeen(stack);
    const load = await startSteadyLoad(stack, { ...few, path: '/?ms=1000' });
    stack.supervisord.process.kill('SIGSTOP');

    const { exitCode, stdout, ms } = await stack.drainctl(['shutdown'], { env: stopOf(stack) });
    // What systemd does next.
    stack.supervisord.process.kill('SIGTERM');
    stack.supervisord.process.kill('SIGCONT');
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expect(exitCode).toBe(5);
    expect(stdout).toContain(`supervisord (pid ${stack.supervisord.pid}) does not answer, so nothing was stopped.`);
    expect(stdout).toContain('was depooled and drained: gate done: 2 of 2 processes; nothing was cut off.');
    expect(stdout).toContain('systemd now signals it');
    expect(ms).toBeLessThan(40_000);
    expect(stack.stops().map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });

  test('ends at the deadline, also where it would otherwise hold', async () => {
    const work = workUntilReleased('1s');
    await using stack = await startStack({
      processes: 1,
      config: (config) =>
        work.config({ ...config, defaults: { ...config.defaults, on_deadline: 'hold' } } as StackConfig), // as: with one key more
    });
    await untilSeen(stack);
    const load = await startSteadyLoad(stack, { connections: 4 });
    stack.supervisord.process.kill('SIGSTOP');

    const command = stack.spawnDrainctl(['shutdown'], { env: stopOf(stack) });
    const exitCode = await exitCodeOf(command, 60_000);

    await load.close();
    expect(exitCode, command.stderr).toBe(5);
    expect(command.stdout).toMatch(/web:web_00 is stopped by systemd with \d+ requests? or jobs? unfinished/);
  });

  test('by a person, who is told that it still runs', async () => {
    await using stack = await startStack({ processes: 1 });
    await untilSeen(stack);
    stack.supervisord.process.kill('SIGSTOP');

    const { exitCode, stdout } = await stack.drainctl(['shutdown']);

    expect(exitCode).toBe(5);
    expect(stdout).toContain(`supervisord (pid ${stack.supervisord.pid}) does not answer`);
    expect(stdout).toContain('It still runs, and so does what it ran, out of its pools.');
  });

  test('that no sidecar has seen says that nothing could be taken out, and exits with 5', async () => {
    await using stack = await startStack({ processes: 1, sidecar: false });
    stack.supervisord.process.kill('SIGSTOP');

    const { exitCode, stderr } = await stack.drainctl(['shutdown'], { env: stopOf(stack) });

    expect(exitCode).toBe(5);
    expect(stderr).toContain('Nothing could be taken out of its pools, and nothing was stopped.');
  });

  test('in the middle of the drain ends all the same, and says what was not stopped', async () => {
    const work = workUntilReleased();
    await using stack = await startStack({ processes: 1, program: { stopwaitsecs: 1 }, config: work.config });
    await untilSeen(stack);
    const load = await startSteadyLoad(stack, { connections: 4 });
    const command = stack.spawnDrainctl(['shutdown'], { env: stopOf(stack) });
    await waitFor(() => command.stderr.includes('draining:'), { what: 'the drain', timeoutMs: 20_000 });
    stack.supervisord.process.kill('SIGSTOP');
    work.release();

    const exitCode = await exitCodeOf(command, 100_000);

    await expectNoneFailed(load);
    expect(exitCode, command.stderr).toBe(5);
    expect(command.stdout).toContain('web:web_00 did not stop');
    expect(command.stdout).toContain('supervisord could not be told to shut down');
  });
});

describe('a supervisord whose socket has gone', () => {
  test('is drained as one that hangs', async () => {
    await using stack = await startStack({ processes: 1 });
    await untilSeen(stack);
    const { exitCode, stdout } = await stack.drainctl(['shutdown'], {
      env: stopOf(stack),
      config: otherSocket(stack),
    });

    expect(exitCode).toBe(5);
    expect(stdout).toContain(`supervisord (pid ${stack.supervisord.pid}) does not answer`);
    await waitForServerOut(stack.haproxy, 'web_00');
  });
});

test('drainctl shutdown in a shutdown of the system says so in its steps, its result and the history', async () => {
  await using stack = await startStack({ processes: 1 });
  const path = fakeSystemctl(stack.directory, { state: 'stopping', job: 'stop' });

  const { exitCode, stdout, stderr } = await stack.drainctl(['shutdown', '--json'], {
    env: { ...stopOf(stack), ...path },
  });

  const { occasion } = JSON.parse(stdout) as RunDocument; // as: the documented form of the command's output
  const runs = (await historyOf(stack)).filter(({ action }) => action === 'shutdown');
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toContain('shutdown begins: system shutdown');
  expect([occasion, ...runs.map((run) => run.occasion)]).toEqual(['system shutdown', 'system shutdown']);
});

function otherSocket(stack: Stack): string {
  const text = readFileSync(stack.configFile, 'utf8').replaceAll(stack.supervisord.socketPath, '/nowhere/gone.sock');
  return stack.directory.write('other.yaml', text);
}

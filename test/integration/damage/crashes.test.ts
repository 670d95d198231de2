import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { historyOf, statusOf, waitForServer, waitForServerOut } from '../../support/acceptance.ts';
import { bypassWarning, killProcess, moodyProgram, waitForRun, waitForState } from '../../support/damage.ts';
import { startStack } from '../../support/stack.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** Long enough that only drainctl can have taken a server out. */
const lenientCheck = { checkFall: 1_000 } as const;

describe('a process that crashes', () => {
  test('is depooled, and goes back when it runs and is ready', async () => {
    // Out for as long as it is not ready: else it could be back before anybody has looked.
    const files = temporaryDirectory();
    const ready = { exec: ['/usr/bin/test', '!', '-e', files.file('unready')] };
    await using stack = await startStack({
      processes: 2,
      config: (config) => ({ ...config, programs: { web: { ...config.programs.web, ready } } }),
    });

    files.write('unready', '');
    await killProcess(stack, 'web:web_00');

    await waitForServerOut(stack.haproxy, 'web_00');
    rmSync(files.file('unready'));
    const recovery = await waitForRun(stack, 'recover');
    await stack.waitForHealthy();
    const depool = await waitForRun(stack, 'depool');
    expect(depool).toMatchObject({ outcome: 'done', names: ['web:web_00'], processes: [{ name: 'web:web_00' }] });
    expect(depool.processes[0]?.message).toMatch(/^web:web_00 crashed \(pid \d+/);
    expect(recovery.names).toEqual(['web:web_00']);
    const log = stack.supervisord.listenerLog();
    expect(log).toMatch(/web:web_00 crashed \(pid \d+.*depooled: out of app\/web_00/);
    expect(log).not.toMatch(bypassWarning);
  });

  test('and is not started again stays out, and status says why', async () => {
    await using stack = await startStack({ processes: 2, haproxy: lenientCheck, program: { autorestart: 'false' } });

    await stack.supervisord.ctl(['signal', 'TERM', 'web:web_00']);

    await waitForServerOut(stack.haproxy, 'web_00');
    await waitForRun(stack, 'depool');
    const { processes } = await statusOf(stack);
    expect(processes[0]).toMatchObject({
      state: 'EXITED',
      pool: 'out',
      why: 'crashed (exit status 143); taken out by drainctl; goes back when it runs and is ready',
    });
  });

  test('is left to the check of its pool with on_crash: ignore', async () => {
    await using stack = await startStack({
      processes: 2,
      program: { autorestart: 'false' },
      config: (config) => ({ ...config, defaults: { ...config.defaults, on_crash: 'ignore' } }),
    });

    await killProcess(stack, 'web:web_00');

    await waitForServer(stack.haproxy, 'web_00', /^DOWN/);
    expect(await historyOf(stack)).toEqual([]);
    expect((await statusOf(stack)).processes[0]).toMatchObject({ pool: 'down', why: '' });
  });
});

test('a process that exits with an expected status is depooled too, and that is no trouble', async () => {
  await using stack = await startStack({ processes: 2, haproxy: lenientCheck, program: { exitcodes: '143' } });

  await stack.supervisord.ctl(['signal', 'TERM', 'web:web_00']);

  await waitForServerOut(stack.haproxy, 'web_00');
  const { processes } = await waitForRun(stack, 'depool');
  expect(processes[0]?.message).toMatch(/^web:web_00 exited \(pid \d+, exit status 143\)/);
  expect(stack.supervisord.listenerLog()).toMatch(/"level":"info".*web:web_00 exited/);
});

test('a process that can not be started again stays out until somebody starts it', async () => {
  const { options, allowFile } = await moodyProgram();
  await using stack = await startStack(options);
  rmSync(allowFile);

  await killProcess(stack, 'moody');

  await waitForServerOut(stack.haproxy, 'moody');
  await waitForState(stack, 'moody:moody', 'FATAL');
  const runs = (await historyOf(stack)).map(({ action }) => action);
  writeFileSync(allowFile, '');
  await stack.supervisord.ctl(['start', 'moody']);
  await stack.haproxy.waitForUp();
  expect(runs).toEqual(['depool']);
});

test('a process that never came up is taken out, so that it gets no work before it is ready', async () => {
  const { options, allowFile } = await moodyProgram();
  await using stack = await startStack(options);
  rmSync(allowFile);
  await stack.drainctl(['stop', 'moody']);
  await stack.drainctl(['pool', 'moody']);

  await stack.supervisord.ctl(['start', 'moody']);

  await waitForServerOut(stack.haproxy, 'moody');
  expect((await statusOf(stack)).processes.find(({ name }) => name === 'moody:moody')?.pool).not.toBe('in');
});

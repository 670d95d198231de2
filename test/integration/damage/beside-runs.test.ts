import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  exitCodeOf,
  historyOf,
  startHeldRequest,
  statusOf,
  stickyHaproxy,
  waitForServer,
  waitForServerOut,
  waitForStep,
} from '../../support/acceptance.ts';
import { bypassWarning, killProcess, waitForRun } from '../../support/damage.ts';
import { freePort } from '../../support/free-port.ts';
import { markedProcesses } from '../../support/marked-processes.ts';
import { startStack } from '../../support/stack.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startWebServer } from '../../support/web-server.ts';

test('a process that crashes while a run drains another one is depooled at once, and goes back while that drains on', async () => {
  // Out for as long as it is not ready: else it could be back before anybody has looked.
  const files = temporaryDirectory();
  const ready = { exec: ['/usr/bin/test', '!', '-e', files.file('unready-%(process_name)s')] };
  await using stack = await startStack({
    haproxy: stickyHaproxy,
    config: (config) => ({
      ...config,
      defaults: { ...config.defaults, deadline: '300s' },
      programs: { web: { ...config.programs.web, ready } },
    }),
  });
  const long = await startHeldRequest(stack);
  const command = stack.spawnDrainctl(['drain', 'web:web_00']);
  await waitForStep(command, /web_00 draining:/);

  files.write('unready-web_01', '');
  await killProcess(stack, 'web:web_01');

  await waitForServerOut(stack.haproxy, 'web_01');
  rmSync(files.file('unready-web_01'));
  await waitForRun(stack, 'depool');
  await waitForRun(stack, 'recover');
  await waitForServer(stack.haproxy, 'web_01', /^UP$/);
  const during = { running: command.running, web00: (await stack.haproxy.serverStates()).get('web_00') };
  await stack.drainctl(['cancel']);
  await exitCodeOf(command);
  await long.close();
  expect(during).toEqual({ running: true, web00: 'DRAIN' });
});

test('a process that dies while a run drains it is that run’s to handle', async () => {
  await using stack = await startStack({ haproxy: stickyHaproxy, program: { autorestart: 'false' } });
  const long = await startHeldRequest(stack);
  const command = stack.spawnDrainctl(['stop', 'web:web_00']);
  await waitForStep(command, /web_00 draining:/);

  await killProcess(stack, 'web:web_00');

  await exitCodeOf(command);
  await long.close();
  expect((await historyOf(stack)).map(({ action }) => action)).toEqual(['stop']);
  expect((await statusOf(stack)).processes[0]).toMatchObject({ state: 'EXITED', pool: 'out' });
  expect(stack.supervisord.listenerLog()).not.toMatch(bypassWarning);
});

test('50 processes of a group that crash at once are all depooled, in a few round trips', async () => {
  const count = 50;
  const port = await freePort();
  const names = Array.from({ length: count }, (_, index) => `task_${String(index).padStart(2, '0')}`);
  await startWebServer({ port, name: 'tasks', mark: temporaryDirectory().path });
  await using stack = await startStack({
    processes: 1,
    peer: false,
    haproxy: {
      checkFall: 1_000,
      extraBackend: names.map((name) => `server ${name} 127.0.0.1:${port}`).join('\n'),
    },
    programs: [{ name: 'task', command: 'sleep 3600', numprocs: count, autorestart: 'false' }],
    config: (config) => ({
      ...config,
      programs: { ...config.programs, task: { members: [{ pool: 'lb', server: 'app/%(process_name)s' }] } },
    }),
  });
  const tasks = markedProcesses(stack.directory.path).filter(({ command }) => command.startsWith('sleep 3600'));

  for (const { pid } of tasks) process.kill(pid, 'SIGKILL');

  await waitFor(
    async () => {
      const out = await stack.haproxy.serversOut();
      return names.every((name) => out.includes(name));
    },
    { what: 'all 50 to be out', timeoutMs: 30_000 },
  );
  const runs = await waitFor(
    async () => {
      const found = (await historyOf(stack)).filter(({ action }) => action === 'depool');
      return found.reduce((sum, run) => sum + run.processes.length, 0) === count && found;
    },
    { what: '50 processes in the history' },
  );
  expect(tasks.length).toBe(count);
  expect(runs.length).toBeLessThan(25);
});

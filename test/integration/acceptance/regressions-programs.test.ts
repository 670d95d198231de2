import { mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectIdleStops,
  expectNoneFailed,
  sidecarPid,
  startSteadyLoad,
  statusOf,
} from '../../support/acceptance.ts';
import { freePort } from '../../support/free-port.ts';
import { type StackOptions, startStack } from '../../support/stack.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { readStopLog, webProgram } from '../../support/web-server.ts';

const few = { connections: 20 };

/** The web program, started by a file and with arguments that look like the sidecar's. */
function lookAlike(): string {
  const directory = temporaryDirectory();
  mkdirSync(directory.file('app'));
  return directory.write(
    'app/main.js',
    `process.argv.splice(2, 1); import(${JSON.stringify(pathToFileURL(webProgram))});`,
  );
}

describe('a program that is started by main.js listen', () => {
  test('is shown, drained, and not taken for a sidecar that hangs', async () => {
    const port = await freePort();
    const stopLog = temporaryDirectory().file('stops.jsonl');
    const command = `${process.execPath} ${lookAlike()} listen --port ${port} --name api --stop-log ${stopLog}`;
    await using stack = await startStack({
      processes: 2,
      programs: [{ name: 'api', command }],
      haproxy: { extraBackend: `server api 127.0.0.1:${port} check` },
      config: (config) => ({
        ...config,
        programs: { ...config.programs, api: { members: [{ pool: 'lb', server: 'app/api' }] } },
      }),
    });
    const load = await startSteadyLoad(stack, few);
    await waitFor(() => load.answers.has('api'), { what: 'an answer of api' });
    const { processes } = await statusOf(stack);
    process.kill(await sidecarPid(stack), 'SIGSTOP');

    const shutdown = stack.spawnDrainctl(['shutdown']);
    const exitCode = await exitCodeOf(shutdown, 120_000);

    await stack.supervisord.waitForExit(10_000);
    await expectNoneFailed(load);
    expect(exitCode, shutdown.stderr).toBe(0);
    expect(shutdown.stderr).toContain('drain:drain hangs; it is killed');
    expect(processes).toMatchObject([{ name: 'api:api', pool: 'in' }, {}, {}]);
    expect(readStopLog(stopLog)).toMatchObject([{ name: 'api', inFlight: 0 }]);
    expectIdleStops(stack);
  }, 180_000);
});

describe('a supervisord that can not tell its configuration', () => {
  // supervisord 4.2.5 can't put a number over 2^31 into XML-RPC, and answers getAllConfigInfo with status 500.
  const mute: StackOptions = { processes: 2, program: { stdout_logfile_maxbytes: '2GB' } };

  test('is asked for the status, restarted and shut down through the sidecar all the same', async () => {
    await using stack = await startStack(mute);
    const load = await startSteadyLoad(stack, few);

    const { processes } = await statusOf(stack);
    const restart = await stack.drainctl(['restart', 'web:web_00']);
    const shutdown = await stack.drainctl(['shutdown']);

    await stack.supervisord.waitForExit(10_000);
    await expectNoneFailed(load);
    expect(processes.map(({ name, pool }) => `${name} ${pool}`)).toEqual(['web:web_00 in', 'web:web_01 in']);
    expect([restart.exitCode, shutdown.exitCode], restart.stderr + shutdown.stderr).toEqual([0, 0]);
    expectIdleStops(stack, ['web:web_00', 'web:web_00', 'web:web_01']);
    expect(stack.supervisord.listenerLog()).toContain('The stop order is not known');
  });

  test('is shut down without a sidecar, which says so', async () => {
    await using stack = await startStack({ ...mute, sidecar: false });
    const load = await startSteadyLoad(stack, few);

    const { exitCode, stderr } = await stack.drainctl(['shutdown']);

    await stack.supervisord.waitForExit(10_000);
    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('The stop order is not known');
    expectIdleStops(stack);
  });

  test('does not keep a shutdown from killing a sidecar that hangs', async () => {
    await using stack = await startStack(mute);
    const load = await startSteadyLoad(stack, few);
    process.kill(await sidecarPid(stack), 'SIGSTOP');

    const shutdown = stack.spawnDrainctl(['shutdown']);
    const exitCode = await exitCodeOf(shutdown, 120_000);

    await stack.supervisord.waitForExit(10_000);
    await expectNoneFailed(load);
    expect(exitCode, shutdown.stderr).toBe(0);
    expect(shutdown.stderr).toContain('drain:drain hangs; it is killed');
    expectIdleStops(stack);
  }, 180_000);
});

import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { markedProcesses } from '../support/marked-processes.ts';
import { startStack } from '../support/stack.ts';
import { startSupervisord } from '../support/supervisord.ts';
import { waitFor } from '../support/wait-for.ts';
import { webCommand } from '../support/web-server.ts';

describe('the harness', () => {
  test('counts no failed request while nobody stops anything', async () => {
    await using stack = await startStack({ sidecar: false });
    const load = stack.startLoad({ connections: 20, path: '/?ms=100' });
    await waitFor(() => load.answers.size === 5 && load.result.requests > 200, { what: 'answers of all five servers' });

    const result = await load.stop();

    expect(result.failures).toEqual([]);
  });

  test('counts dozens of failed requests when supervisord is shut down without draining', async () => {
    await using stack = await startStack({ sidecar: false });
    const load = stack.startLoad({ connections: 60 });
    await waitFor(() => load.result.requests >= 120, { what: 'the load to be under way' });

    await stack.supervisord.ctl(['shutdown']);
    await stack.supervisord.waitForExit();
    const result = await load.stop();

    expect(result.failed).toBeGreaterThan(24);
    expect(result.failed).toBeLessThan(200);
  });

  test('records how much each stop cut off', async () => {
    await using stack = await startStack({ sidecar: false, processes: 2 });
    const load = stack.startLoad({ connections: 30 });
    await waitFor(() => load.result.requests >= 60, { what: 'the load to be under way' });

    await stack.supervisord.ctl(['stop', 'web:web_00']);
    await load.stop();

    expect(stack.stops()).toEqual([expect.objectContaining({ name: 'web_00', inFlight: expect.any(Number) })]);
    expect(stack.stops()[0]?.inFlight).toBeGreaterThan(0);
  });

  test('leaves no process and no file behind', async () => {
    const stack = await startStack({ haproxies: 2, sidecar: false, haproxy: { masterWorker: true } });
    const directories = [stack.directory, ...stack.haproxies.map((haproxy) => haproxy.directory)];
    expect(directories.flatMap(({ path }) => markedProcesses(path)).length).toBeGreaterThanOrEqual(1 + 4 + 1 + 2 * 2);

    await stack.close();

    expect(directories.flatMap(({ path }) => markedProcesses(path))).toEqual([]);
    expect(directories.filter(({ path }) => existsSync(path))).toEqual([]);
  });

  test('ends the programs of a supervisord that was killed', async () => {
    const port = await freePort();
    const supervisord = await startSupervisord({
      programs: [{ name: 'stubborn', command: webCommand(['--port', `${port}`, '--ignore-term']) }],
    });
    await supervisord.waitForRunning();
    supervisord.process.kill('SIGKILL');
    await supervisord.waitForExit();
    expect(markedProcesses(supervisord.directory.path)).toHaveLength(1);

    await supervisord.close();

    expect(markedProcesses(supervisord.directory.path)).toEqual([]);
  });

  test('reloads HAProxy under load without a failed request', async () => {
    await using stack = await startStack({ sidecar: false, haproxy: { masterWorker: true } });
    // A connection for each request: on one that is kept, a request may cross with the old worker closing it.
    const load = stack.startLoad({ connections: 20, path: '/?ms=100', headers: { connection: 'close' } });
    await waitFor(() => load.result.requests >= 100, { what: 'the load to be under way' });

    await stack.haproxy.reload();
    const result = await load.stop();

    expect(result.failures).toEqual([]);
  });
});

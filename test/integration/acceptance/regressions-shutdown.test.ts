import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectNoneFailed,
  historyOf,
  startHeldRequest,
  startSteadyLoad,
  statusOf,
  stickyHaproxy,
  waitForStep,
  workUntilReleased,
} from '../../support/acceptance.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { freePort } from '../../support/free-port.ts';
import { startStack } from '../../support/stack.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { webCommand } from '../../support/web-server.ts';

const few = { connections: 20 };

describe('drainctl shutdown', () => {
  test('with on_deadline hold stops nothing more, puts back what drains beside it, and exits with 4', async () => {
    await using stack = await startStack({
      processes: 2,
      haproxy: stickyHaproxy,
      programs: [{ name: 'worker', command: webCommand(['--port', `${await freePort()}`, '--name', 'worker']) }],
      config: (config) => ({
        ...config,
        defaults: { ...config.defaults, on_deadline: 'hold', deadline: '1s' },
        programs: { ...config.programs, 'web:web_01': { ...config.programs.web, deadline: '300s' } },
      }),
    });
    const [long, neighbour] = [await startHeldRequest(stack, 0), await startHeldRequest(stack, 1)];

    const { exitCode, stdout } = await stack.drainctl(['shutdown']);

    const states = await stack.haproxy.serverStates();
    const ends = await Promise.all([long.release(), neighbour.release()]);
    expect(exitCode, stdout).toBe(4);
    expect(ends.map(({ requests, failed }) => ({ requests, failed }))).toEqual([
      { requests: 1, failed: 0 },
      { requests: 1, failed: 0 },
    ]);
    expect(stack.stops()).toEqual([]);
    expect([...(await stack.supervisord.states()).values()]).toEqual(['RUNNING', 'RUNNING', 'RUNNING', 'RUNNING']);
    expect([states.get('web_00'), states.get('web_01')]).toEqual([expect.stringMatching(/DRAIN|MAINT/), 'UP']);
    expect((await statusOf(stack)).processes).toMatchObject([
      { name: 'web:web_00', held: true },
      { name: 'web:web_01', held: false, pool: 'in' },
      { name: 'worker:worker', state: 'RUNNING' },
    ]);
  });

  test('carries on by itself when the sidecar goes away before it has begun', async () => {
    // A sidecar that answers the first question and has gone when the second comes.
    const socket = temporaryDirectory().file('gone.sock');
    const server = createServer((incoming, response) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      incoming.on('end', () => {
        if (!body.includes('drain.getVersion')) {
          incoming.socket.destroy();
          return;
        }
        const value = '<struct><member><name>version</name><value><string>0</string></value></member></struct>';
        const answer = `<?xml version="1.0"?><methodResponse><params><param><value>${value}</value></param></params></methodResponse>`;
        response.writeHead(200, { 'content-type': 'text/xml', 'content-length': answer.length }).end(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    onCleanUp(() => {
      server.close();
    });
    await using stack = await startStack({
      processes: 2,
      sidecar: false,
      config: (config) => ({ ...config, sidecar: { socket } }),
    });
    const load = await startSteadyLoad(stack, few);

    const { exitCode, stderr } = await stack.drainctl(['shutdown']);

    await stack.supervisord.waitForExit(10_000);
    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('the sidecar has gone away; this command carries on by itself');
    expect(stack.stops().map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });

  test('joins the one that is under way', async () => {
    const work = workUntilReleased();
    await using stack = await startStack({ processes: 2, config: work.config });
    const load = await startSteadyLoad(stack, few);
    const first = stack.spawnDrainctl(['shutdown']);
    await waitForStep(first, /draining:/);

    const second = stack.spawnDrainctl(['shutdown']);
    await waitForStep(second, /draining:/);
    work.release();
    const exitCodes = [await exitCodeOf(first), await exitCodeOf(second)];

    await expectNoneFailed(load);
    expect(exitCodes, first.stderr + second.stderr).toEqual([0, 0]);
    expect(stack.stops().map(({ inFlight }) => inFlight)).toEqual([0, 0]);
    expect((await historyOf(stack)).filter(({ action }) => action === 'shutdown')).toHaveLength(1);
  });

  test('during a reload waits for its end, and then shuts down', async () => {
    const work = workUntilReleased();
    await using stack = await startStack({ processes: 2, config: work.config });
    const load = await startSteadyLoad(stack, few);
    await stack.supervisord.ctl(['reload']);
    await waitFor(() => stack.supervisord.listenerLog().includes('supervisord is stopping'), { what: 'the gate' });

    const command = stack.spawnDrainctl(['shutdown']);
    await waitForStep(command, /supervisord is stopping or reloading already/);
    work.release();
    const exitCode = await exitCodeOf(command);

    await stack.supervisord.waitForExit(10_000);
    await expectNoneFailed(load);
    expect(exitCode, command.stderr + command.stdout).toBe(0);
    // Two for the reload; one that has only just been started again may be stopped before it can tell.
    expect(stack.stops().length).toBeGreaterThanOrEqual(2);
    expect(stack.stops().filter(({ inFlight }) => inFlight > 0)).toEqual([]);
  });
});

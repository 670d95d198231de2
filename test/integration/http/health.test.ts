import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectNoneFailed,
  killSidecar,
  sidecarPid,
  startSteadyLoad,
  workUntilReleased,
} from '../../support/acceptance.ts';
import { freePort } from '../../support/free-port.ts';
import { watchHealth } from '../../support/health-watch.ts';
import { request } from '../../support/http.ts';
import { startHttpStack } from '../../support/http-stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('the health of a process', () => {
  test('goes from up over draining and down to up in a drained restart', async () => {
    // Each state lasts until it was seen.
    const work = workUntilReleased();
    const files = temporaryDirectory();
    const ready = { exec: ['/usr/bin/test', '!', '-e', files.file('unready-%(process_name)s')] };
    await using stack = await startHttpStack({
      processes: 2,
      config: (config) => {
        const held = work.config(config) as StackConfig; // as: of that form
        return { ...held, programs: { web: { ...held.programs.web, ready } } };
      },
    });
    const load = await startSteadyLoad(stack);
    const process = watchHealth(`${stack.httpUrl}/health/web:web_00`);
    const other = watchHealth(`${stack.httpUrl}/health/web:web_01`);
    const group = watchHealth(`${stack.httpUrl}/health/web`);
    await waitFor(() => [process, other, group].every(({ seen }) => seen.length > 0), { what: 'a first answer' });

    const restart = stack.spawnDrainctl(['restart', 'web:web_00']);
    await waitFor(() => process.seen.at(-1) === 'draining 503', { what: 'the process to drain' });
    files.write('unready-web_00', '');
    work.release();
    await waitFor(() => process.seen.at(-1) === 'down 503', { what: 'the process to be down' });
    rmSync(files.file('unready-web_00'));
    const exitCode = await exitCodeOf(restart);

    await waitFor(() => process.seen.length > 3, { what: 'the process to be up again' });
    await Promise.all([process, other, group].map((watch) => watch.stop()));
    await expectNoneFailed(load);
    expect(exitCode, restart.stderr).toBe(0);
    expect(process.seen).toEqual(['up 200', 'draining 503', 'down 503', 'up 200']);
    expect(other.seen).toEqual(['up 200']);
    expect(group.seen).toEqual(['up 200']);
  });

  test('is draining while it is on hold, also right after a restart of the sidecar', async () => {
    await using stack = await startHttpStack({ processes: 2 });
    await stack.drainctl(['drain', 'web:web_00', '--reason', 'heap dump']);
    const held = await request(`${stack.httpUrl}/health/web:web_00`);
    const watch = watchHealth(`${stack.httpUrl}/health/web:web_00`);

    const killed = await killSidecar(stack);
    await waitFor(async () => (await sidecarPid(stack)) !== killed, { what: 'another sidecar' });
    await stack.waitForSidecar();
    await waitFor(() => watch.seen.at(-1) === 'draining 503', { what: 'its answer' });

    await stack.drainctl(['pool', 'web:web_00']);
    await waitFor(() => watch.seen.at(-1) === 'up 200', { what: 'the process to be up' });
    await watch.stop();
    expect(held).toEqual({ status: 503, body: 'draining\non hold: heap dump\n' });
    expect(watch.seen.filter((state) => state === 'up 200')).toHaveLength(1);
  });

  test('is down where it was stopped past drainctl, and up again when it runs and is ready', async () => {
    await using stack = await startHttpStack({ processes: 2 });
    const watch = watchHealth(`${stack.httpUrl}/health/web:web_00`);

    await stack.supervisord.ctl(['stop', 'web:web_00']);
    await waitFor(() => watch.seen.at(-1) === 'down 503', { what: 'the process to be down' });
    await stack.supervisord.ctl(['start', 'web:web_00']);
    await waitFor(() => watch.seen.at(-1) === 'up 200', { what: 'the process to be up' });
  });

  test('may be what the load balancer of a pool checks: neither waits for the other in a restart', async () => {
    const port = await freePort();
    await using stack = await startHttpStack({
      port,
      processes: 2,
      peer: false,
      haproxy: {
        extraBackend: `default-server port ${port}\n  http-check send meth GET uri-lf "/health/web:%[srv_name]"`,
      },
    });
    const load = await startSteadyLoad(stack);

    const { exitCode, stderr } = await stack.drainctl(['restart', 'web:*']);

    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
  });
});

describe('the health of the whole', () => {
  test('is draining while the gate is held, and never up again', async () => {
    await using stack = await startHttpStack({ processes: 2 });
    const load = await startSteadyLoad(stack, { path: '/?ms=2000' });
    const whole = watchHealth(`${stack.httpUrl}/health`);
    const process = watchHealth(`${stack.httpUrl}/health/web:web_00`);
    await waitFor(() => whole.seen.length > 0 && process.seen.length > 0, { what: 'a first answer' });

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    await Promise.all([whole, process].map((watch) => watch.stop()));
    await expectNoneFailed(load);
    expect(whole.seen).toEqual(['up 200', 'draining 503', 'gone']);
    expect(process.seen).toEqual(['up 200', 'draining 503', 'gone']);
  });

  test('is draining in drainctl shutdown, and never up again', async () => {
    await using stack = await startHttpStack({ processes: 2 });
    const load = await startSteadyLoad(stack);
    const whole = watchHealth(`${stack.httpUrl}/health`);
    await waitFor(() => whole.seen.length > 0, { what: 'a first answer' });

    const { exitCode, stderr } = await stack.drainctl(['shutdown']);

    await whole.stop();
    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
    expect(whole.seen).toEqual(['up 200', 'draining 503', 'gone']);
  });

  test('is down while supervisord does not answer; its processes are as they were', async () => {
    await using stack = await startHttpStack({ processes: 2 });
    await waitFor(async () => (await request(`${stack.httpUrl}/health/web:web_00`)).status === 200, {
      what: 'the health of web_00 to be up',
    });

    stack.supervisord.process.kill('SIGSTOP');
    const answer = await waitFor(
      async () => {
        const { status, body } = await request(`${stack.httpUrl}/health`);
        return status === 503 && body;
      },
      { what: 'the health to be down', timeoutMs: 30_000, intervalMs: 100 },
    );
    const process = await request(`${stack.httpUrl}/health/web:web_00`);
    stack.supervisord.process.kill('SIGCONT');

    await waitFor(async () => (await request(`${stack.httpUrl}/health`)).status === 200, {
      what: 'the health to be up',
      timeoutMs: 20_000,
    });
    expect(answer).toMatch(/^down\n.*(has not answered for|did not answer)/);
    expect(process.status).toBe(200);
  });
});

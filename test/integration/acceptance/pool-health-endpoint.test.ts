import { describe, expect, test } from 'vitest';
import { killSidecar, statusOf, waitForServer, workUntilReleased } from '../../support/acceptance.ts';
import { expectDrainedRestarts, type PoolStack, restartsTimeoutMs } from '../../support/acceptance-pool.ts';
import { freePort } from '../../support/free-port.ts';
import { request } from '../../support/http.ts';
import { startNginx } from '../../support/nginx.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Where the sidecar serves healths, and what the processes are taken out of by. */
interface Checked {
  readonly httpPort: number;
  readonly pool: Readonly<Record<string, unknown>>;
}

/** The configuration with the pool, and with what the processes say of themselves, unless `config` counts otherwise. */
function withPool(
  config: StackConfig,
  { httpPort, pool }: Checked,
  inFlight?: (config: StackConfig) => object,
): object {
  const { web } = config.programs;
  const url = web.ready.http.replace('/health', '/load');
  const counted = inFlight?.(config) as StackConfig | undefined; // as: it changes the probes only
  const probes = counted === undefined ? { in_flight: [{ probe: 'http', url }] } : counted.programs.web;
  return {
    ...config,
    sidecar: { ...config.sidecar, http: `127.0.0.1:${httpPort}` },
    pools: { lb: { driver: 'health_endpoint', ...pool } },
    programs: { web: { ...web, ...probes, members: [{ pool: 'lb' }] } },
  };
}

/** HAProxy checks each process at the sidecar, and nobody else takes a server out. */
async function startHaproxyChecked(
  settle: string,
  inFlight?: (config: StackConfig) => object,
): Promise<Stack & { health(process: string): Promise<number> }> {
  const httpPort = await freePort();
  const stack = await startStack({
    processes: 3,
    peer: false,
    haproxy: {
      extraBackend: `http-check send meth GET uri-lf "/health/web:%[srv_name]" ver HTTP/1.1 hdr host drainctl
  default-server addr 127.0.0.1 port ${httpPort}`,
    },
    config: (config) => withPool(config, { httpPort, pool: { fall: 3, rise: 2, settle } }, inFlight),
  });
  const health = async (process: string) => (await request(`http://127.0.0.1:${httpPort}/health/${process}`)).status;
  return Object.assign(stack, { health });
}

/** nginx asks the sidecar at each request, and goes to the next process where it is told 503. */
async function startNginxChecked(): Promise<PoolStack> {
  const httpPort = await freePort();
  const pool = { fall: 1, rise: 1, settle: '4s' };
  const stack = await startStack({
    processes: 3,
    peer: false,
    config: (config) => withPool(config, { httpPort, pool }),
  });
  const port = await freePort();
  const nginx = await startNginx({ port, http: nginxConfig(port, httpPort, stack.webPorts) });
  return {
    url: `http://127.0.0.1:${port}`,
    webNames: stack.webNames,
    stops: () => stack.stops(),
    drainctl: (args) => stack.drainctl(args),
    async [Symbol.asyncDispose]() {
      await nginx.close();
      await stack.close();
    },
  };
}

function nginxConfig(port: number, httpPort: number, webPorts: readonly number[]): string {
  const servers = webPorts.map((webPort, index) => {
    const next = (index + 1) % webPorts.length;
    return `
    location @web_0${index} {
      auth_request /checked/web_0${index};
      error_page 500 = @web_0${next};
      proxy_pass http://127.0.0.1:${webPort};
    }`;
  });
  return `
  split_clients "$request_id" $first { 33% 0; 33% 1; * 2; }
  server {
    listen 127.0.0.1:${port};
    recursive_error_pages on;
    error_page 470 = @web_00;
    error_page 471 = @web_01;
    error_page 472 = @web_02;
    location / {
      if ($first = 0) { return 470; }
      if ($first = 1) { return 471; }
      return 472;
    }
    location /checked/ {
      internal;
      proxy_pass http://127.0.0.1:${httpPort}/health/web:;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }
    ${servers.join('\n')}
  }`;
}

describe('HAProxy that checks the health endpoint', () => {
  test('loses no request in drained restarts', { timeout: restartsTimeoutMs }, async () => {
    await expectDrainedRestarts(async () => {
      const stack = await startHaproxyChecked('4s');
      return Object.assign(stack, { url: stack.haproxy.url });
    });
  });

  test('is told 503 as long as the gate is held, and the processes live until it has noticed', async () => {
    const work = workUntilReleased();
    await using stack = await startHaproxyChecked('2s', work.config);

    await stack.supervisord.ctl(['shutdown']);
    for (const server of ['web_00', 'web_01', 'web_02']) await waitForServer(stack.haproxy, server, /^DOWN/);
    expect(await Promise.all(stack.webNames.map((name) => stack.health(name)))).toEqual([503, 503, 503]);
    expect(stack.stops()).toEqual([]);
    work.release();
    await stack.supervisord.waitForExit();

    expect(stack.stops()).toHaveLength(3);
  });

  test('is told 503 again by a sidecar whose predecessor was killed', async () => {
    await using stack = await startHaproxyChecked('2s');
    const { exitCode, stderr } = await stack.drainctl(['drain', 'web:web_00']);
    expect(exitCode, stderr).toBe(0);

    await killSidecar(stack);
    await waitFor(async () => (await stack.health('web:web_01').catch(() => 0)) === 200, { what: 'health again' });

    expect(await stack.health('web:web_00')).toBe(503);
    const held = (await statusOf(stack)).processes.find(({ name }) => name === 'web:web_00');
    expect(held?.members).toEqual([expect.objectContaining({ placement: 'out', ours: true })]);
    const back = await stack.drainctl(['pool', 'web:web_00']);
    expect(back.exitCode, back.stderr).toBe(0);
    await stack.haproxy.waitForUp();
  });
});

test('nginx that asks the health endpoint loses no request in drained restarts', {
  timeout: restartsTimeoutMs,
}, async () => {
  await expectDrainedRestarts(startNginxChecked);
});

test('without a sidecar nothing is stopped, and the error says how to start one', async () => {
  await using stack = await startStack({
    processes: 1,
    sidecar: false,
    config: (config) => ({
      ...config,
      sidecar: { ...config.sidecar, http: '127.0.0.1:9' },
      pools: { lb: { driver: 'health_endpoint' } },
      programs: { web: { ...config.programs.web, members: [{ pool: 'lb' }] } },
    }),
  });

  const { exitCode, stderr } = await stack.drainctl(['restart', 'web:web_00', '--deadline', '1s']);

  expect(exitCode).toBe(1);
  expect(stderr).toContain('Start the sidecar: supervisorctl start drain');
  expect(stack.stops()).toEqual([]);
});

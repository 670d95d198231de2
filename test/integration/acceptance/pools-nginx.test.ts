import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectDrainedRestarts, type PoolStack, restartsTimeoutMs } from '../../support/acceptance-pool.ts';
import { freePort, freePortRange } from '../../support/free-port.ts';
import { startHaproxy } from '../../support/haproxy.ts';
import { startNginx } from '../../support/nginx.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';

const names = ['web_00', 'web_01', 'web_02'];

function withPool(config: StackConfig, pool: object, member: object): object {
  const { web } = config.programs;
  const inFlight = [{ probe: 'http', url: web.ready.http.replace('/health', '/load') }];
  return {
    ...config,
    pools: { lb: pool },
    programs: { web: { ...web, in_flight: inFlight, members: [{ pool: 'lb', ...member }] } },
  };
}

function poolStack(stack: Stack, url: string, close: () => Promise<void>): PoolStack {
  return {
    url,
    webNames: stack.webNames,
    stops: () => stack.stops(),
    drainctl: (args) => stack.drainctl(args),
    async [Symbol.asyncDispose]() {
      await stack.close();
      await close();
    },
  };
}

/** HAProxy, which asks nginx for a file of each process. */
async function startWithHealthFiles(): Promise<PoolStack> {
  const firstPort = await freePortRange(names.length);
  const checks = await Promise.all(
    names.map(async (name, index) => ({ name, port: firstPort + index, checkPort: await freePort() })),
  );
  const servers = checks.map(
    ({ name, checkPort }) =>
      `  server { listen 127.0.0.1:${checkPort}; location = /health { root .; try_files /up-${name} =404; } }`,
  );
  const nginx = await startNginx({
    port: checks[0]?.checkPort ?? 0,
    http: servers.join('\n'),
    files: Object.fromEntries(names.map((name) => [`up-${name}`, 'OK\n'])),
  });
  const haproxy = await startHaproxy({
    servers: checks.map(({ name, port, checkPort }) => ({ name, port, options: `check port ${checkPort}` })),
    checkIntervalMs: 100,
    checkFall: 2,
  });
  const stack = await startStack({
    processes: names.length,
    firstPort,
    peer: false,
    // `ready` tells when one may go back.
    program: { startsecs: 0 },
    haproxies: [haproxy],
    config: (config) => {
      const file = nginx.directory.file('up-%(process_name)s');
      return withPool(config, { driver: 'health_file', settle: '3s' }, { file });
    },
  });
  return poolStack(stack, haproxy.url, async () => {
    await haproxy.close();
    await nginx.close();
  });
}

/**
 * nginx as the load balancer. It tries no request a second time, so that it can't hide one that was cut off. A connection of a
 * client is for one request: every reload of nginx closes those that are idle, and who sends in that very moment has to send
 * again (RFC 9112, 9.3.1), which this load does not.
 */
async function startWithUpstream(): Promise<PoolStack & { reloads(): number; file(): string }> {
  const firstPort = await freePortRange(names.length);
  const port = await freePort();
  const lines = names.map((_, index) => `server 127.0.0.1:${firstPort + index} max_fails=0;\n`);
  const nginx = await startNginx({
    port,
    http: `  upstream app { include app.conf; keepalive 8; }
  keepalive_timeout 0;
  proxy_next_upstream off;
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; } }`,
    files: { 'app.conf': lines.join('') },
  });
  const { test, reload, pidFile, directory } = nginx;
  const file = directory.file('app.conf');
  const stack = await startStack({
    processes: names.length,
    firstPort,
    peer: false,
    // `ready` tells when one may go back.
    program: { startsecs: 0 },
    config: (config) =>
      withPool(
        config,
        { driver: 'nginx_upstream', file, test, reload, pid_file: pidFile },
        { server: `127.0.0.1:${firstPort / 100}%(process_num)02d` },
      ),
  });
  return Object.assign(
    poolStack(stack, `http://127.0.0.1:${port}`, () => nginx.close()),
    { reloads: () => nginx.reloads(), file: () => readFileSync(file, 'utf8') },
  );
}

describe('drained restarts under load', () => {
  test('with the pool health_file fail no request', { timeout: restartsTimeoutMs }, async () => {
    await expectDrainedRestarts(startWithHealthFiles);
  });

  test('with the pool nginx_upstream fail no request', { timeout: restartsTimeoutMs }, async () => {
    await expectDrainedRestarts(startWithUpstream);
  });
});

test('processes that are drained side by side are one reload of nginx', async () => {
  await using at = await startWithUpstream();
  const before = at.file();
  const { exitCode, stderr } = await at.drainctl(['drain', 'web:*']);
  expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
  expect(at.file()).toBe(before.replaceAll(';', ' down;'));
  expect(at.reloads()).toBe(1);
  await at.drainctl(['pool', 'web:*']);
  expect(at.file()).toBe(before);
});

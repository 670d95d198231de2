import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { expectDrainedRestarts, type PoolStack, restartsTimeoutMs } from '../../support/acceptance-pool.ts';
import { startBalancer } from '../../support/balancer.ts';
import { freePort } from '../../support/free-port.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';

const script = fileURLToPath(new URL('../../fixtures/pools/haproxy-pool.py', import.meta.url));

/** What the processes say of themselves, where the pool does not count. */
function inFlight(config: StackConfig): object {
  return { in_flight: [{ probe: 'http', url: config.programs.web.ready.http.replace('/health', '/load') }] };
}

function withPool(config: StackConfig, pool: object, member: object): object {
  const members = [{ pool: 'lb', ...member }];
  return {
    ...config,
    pools: { lb: pool },
    programs: { web: { ...config.programs.web, ...inFlight(config), members } },
  };
}

function poolStack(stack: Stack, url: string): PoolStack {
  return {
    url,
    webNames: stack.webNames,
    stops: () => stack.stops(),
    drainctl: (args) => stack.drainctl(args),
    [Symbol.asyncDispose]: () => stack.close(),
  };
}

/** A load balancer with a REST API, and the pool http. */
async function startWithBalancer(): Promise<PoolStack> {
  const admin = await freePort();
  const server = `http://127.0.0.1:${admin}/servers/%(process_name)s`;
  const set = (state: string) => ({ method: 'PUT', url: `${server}/state`, body: JSON.stringify({ state }) });
  const member = {
    depool: set('drain'),
    repool: set('up'),
    state: { url: server, out: { json: '/state', equals: 'drain' }, in: { json: '/state', equals: 'up' } },
  };
  const stack = await startStack({
    processes: 3,
    peer: false,
    config: (config) => withPool(config, { driver: 'http', settle: '100ms' }, member),
  });
  const servers = stack.webPorts.map(
    (port, index) => [stack.webNames[index]?.replace('web:', '') ?? '', port] as const,
  );
  const balancer = await startBalancer({ servers: new Map(servers), admin, mark: stack.directory.path });
  return poolStack(stack, balancer.url);
}

/** HAProxy, and the pool exec with a script that speaks to it. */
async function startWithScript(): Promise<PoolStack> {
  const command = ['/usr/bin/python3', '-SE', script];
  const stack = await startStack({
    processes: 3,
    peer: false,
    config: (config) => {
      const pool = {
        driver: 'exec',
        settle: '100ms',
        env: { HAPROXY_SOCKET: config.pools.lb.addresses[0] },
      };
      const member = { name: 'app/%(process_name)s', depool: command, repool: command, state: command };
      // A command for each look: fewer looks.
      return { ...withPool(config, pool, member), defaults: { ...config.defaults, poll: '300ms' } };
    },
  });
  return poolStack(stack, stack.haproxy.url);
}

describe('drained restarts under load', () => {
  test('with the pool http fail no request', { timeout: restartsTimeoutMs }, async () => {
    await expectDrainedRestarts(startWithBalancer);
  });

  test('with the pool exec fail no request', { timeout: restartsTimeoutMs }, async () => {
    await expectDrainedRestarts(startWithScript);
  });
});

import { test } from 'vitest';
import { expectDrainedRestarts, type PoolStack, restartsTimeoutMs } from '../../support/acceptance-pool.ts';
import { freePort } from '../../support/free-port.ts';
import { startApacheProxy } from '../../support/pools/apache-proxy.ts';
import { startStack } from '../../support/stack.ts';

/** Apache in front of three processes, which it counts itself. */
async function startBehindApache(): Promise<PoolStack> {
  const port = await freePort();
  const stack = await startStack({
    processes: 3,
    peer: false,
    config: (config) => {
      const worker = config.programs.web.ready.http.replace('/health', '');
      return {
        ...config,
        pools: { lb: { driver: 'apache_balancer', addresses: [`http://127.0.0.1:${port}/balancer-manager`] } },
        programs: { web: { ...config.programs.web, members: [{ pool: 'lb', balancer: 'app', worker }] } },
      };
    },
  });
  const members = stack.webPorts.map((webPort) => `BalancerMember http://127.0.0.1:${webPort}`);
  const apache = await startApacheProxy({ members, port });
  return {
    url: apache.url,
    webNames: stack.webNames,
    stops: () => stack.stops(),
    drainctl: (args) => stack.drainctl(args),
    async [Symbol.asyncDispose]() {
      await apache.close();
      await stack.close();
    },
  };
}

test('drained restarts under load with the pool apache_balancer fail no request', {
  timeout: restartsTimeoutMs,
}, async () => {
  await expectDrainedRestarts(startBehindApache);
});

import { expect } from 'vitest';
import { statusOf } from '../../support/acceptance.ts';
import type { Haproxy } from '../../support/haproxy.ts';
import type { Stack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Waits until all servers of all HAProxys are in, and drainctl has nothing more to put back: the sidecar does so by itself. */
export async function expectNothingLeftOut(stack: Stack): Promise<void> {
  for (const haproxy of stack.haproxies) await waitForServersOut(haproxy, []);
  await Promise.all(stack.haproxies.map((haproxy) => haproxy.waitForUp()));
  const { processes } = await statusOf(stack);
  expect(processes.filter(({ held }) => held)).toEqual([]);
}

/** Waits until just these servers have been taken out by a command. */
export async function waitForServersOut(haproxy: Haproxy, servers: readonly string[]): Promise<void> {
  await waitFor(
    async () => {
      const out = await haproxy.serversOut();
      if (out.join() !== servers.join()) throw new Error(`out: ${out.join()}`);
      return true;
    },
    { what: `just [${servers.join()}] to be out`, timeoutMs: 40_000 },
  );
}

import { setTimeout as delay } from 'node:timers/promises';
import { type CountingProxy, startCountingProxy } from '../../test/support/contracts/counting-proxy.ts';
import { spawnDrainctl } from '../../test/support/drainctl.ts';
import { startLoad } from '../../test/support/load.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Figure } from '../figure.ts';
import { inFlightByServer } from '../in-flight.ts';
import { pollMs, startTaskStack } from '../task-stack.ts';

const processes = 100;
const seconds = 4;

/** How often HAProxy is asked while many processes of one backend are drained at the same time. */
export const roundTrips: Figure = {
  name: 'round-trips',
  summary: `connections to each of two HAProxys per poll while ${processes} processes drain, for ${seconds} s`,
  async measure() {
    const proxies: CountingProxy[] = [];
    const stack = await startTaskStack({
      processes,
      sidecar: true,
      haproxies: 2,
      async address(haproxy, index, directory) {
        const proxy = await startCountingProxy(directory.file(`lb${index}.sock`), haproxy.socketPath);
        proxies.push(proxy);
        return proxy.path;
      },
    });
    // One request is held on each server, so that none falls idle while we count.
    const load = startLoad({ url: stack.haproxy.url, connections: processes, path: '/?ms=600000', timeoutMs: 600_000 });
    await waitFor(async () => [...(await inFlightByServer(stack.haproxy)).values()].every((count) => count === 1), {
      what: 'a request on each server',
    });
    const drain = spawnDrainctl(['drain', 'all'], { config: stack.configFile, mark: stack.directory.path });
    await waitFor(() => drain.stderr.match(/ draining: /g)?.length === processes, { what: 'all to be draining' });
    const perPoll = await countWhileDraining(proxies);
    await load.close();
    await drain.close();
    return perPoll.map((measured, index) => ({
      what: `round trips a poll, ${processes} draining, HAProxy ${index + 1}`,
      measured,
      unit: 'round trips',
      against: { what: 'one a poll', value: 1 },
      bar: { rule: 'one', atMost: 1 },
    }));
  },
};

/**
 * Connections a poll to each. The count begins half-way between two polls, so that the number of polls in the time that it took, which
 * is a little longer than asked for, is known for certain.
 */
async function countWhileDraining(proxies: readonly CountingProxy[]): Promise<number[]> {
  const counts = () => proxies.map((proxy) => proxy.connections);
  const total = () => counts().reduce((sum, count) => sum + count, 0);
  const seen = total();
  await waitFor(() => total() > seen, { what: 'a poll', intervalMs: 2 });
  const pollAt = performance.now();
  await delay(pollMs / 2);
  const before = counts();
  await delay(seconds * 1_000);
  const after = counts();
  const polls = Math.floor((performance.now() - pollAt) / pollMs);
  return after.map((count, index) => (count - (before[index] ?? 0)) / polls);
}

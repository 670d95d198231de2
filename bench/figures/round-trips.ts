import { setTimeout as delay } from 'node:timers/promises';
import { type CountingProxy, startCountingProxy } from '../../test/support/contracts/counting-proxy.ts';
import { spawnDrainctl } from '../../test/support/drainctl.ts';
import { startLoad } from '../../test/support/load.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Figure } from '../figure.ts';
import { startTaskStack } from '../task-stack.ts';

const processes = 100;
const polls = 40;
/** As in the configuration of the task stack. */
const pollMs = 100;

/** How often HAProxy is asked while many processes of one backend are drained at the same time. */
export const roundTrips: Figure = {
  name: 'round-trips',
  summary: `connections to each of two HAProxys per poll while ${processes} processes drain, over ${polls} polls`,
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
    await waitFor(async () => (await busyServers(stack.haproxy)) === processes, { what: 'a request on each server' });
    const drain = spawnDrainctl(['drain', 'all'], { config: stack.configFile, mark: stack.directory.path });
    await waitFor(() => drain.stderr.match(/ draining: /g)?.length === processes, { what: 'all to be draining' });
    const counts = await countPolls(proxies);
    await load.close();
    await drain.close();
    return counts.map((count, index) => ({
      what: `round trips a poll, ${processes} draining, HAProxy ${index + 1}`,
      measured: count / polls,
      unit: 'round trips',
      against: { what: 'one a poll', value: 1 },
      bar: { rule: 'one', atMost: 1 },
    }));
  },
};

/**
 * Connections to each in a time of `polls` polls. It begins right after a poll and ends half-way between two, so that the number of polls
 * in it is exact.
 */
async function countPolls(proxies: readonly CountingProxy[]): Promise<number[]> {
  const counts = () => proxies.map((proxy) => proxy.connections);
  const total = () => counts().reduce((sum, count) => sum + count, 0);
  const seen = total();
  await waitFor(() => total() > seen, { what: 'a poll', intervalMs: 2 });
  await delay(pollMs / 2);
  const before = counts();
  await delay(polls * pollMs);
  return counts().map((count, index) => count - (before[index] ?? 0));
}

async function busyServers(haproxy: { command(text: string): Promise<string> }): Promise<number> {
  const csv = await haproxy.command('show stat app 4 -1');
  const [header = '', ...lines] = csv.trim().split('\n');
  const column = header.split(',').indexOf('scur');
  return lines.filter((line) => line.split(',')[column] === '1').length;
}

import { describe, expect, test } from 'vitest';
import type { Probe } from '../../../src/probes/probe.ts';
import { uwsgiStats } from '../../../src/probes/uwsgi-stats.ts';
import { describeProbe } from '../../support/contracts/probe.ts';
import { startRawServer } from '../../support/contracts/raw-server.ts';
import { anySubject } from '../../support/doubles/driver-surroundings.ts';
import { brokenPages } from '../../support/status/broken-pages.ts';
import { eventually, getThrough, holdRequests } from '../../support/status/held-requests.ts';
import { startUwsgi } from '../../support/status/uwsgi.ts';
import { waitFor } from '../../support/wait-for.ts';

const hangMs = 400;
const [processes, threads] = [3, 4];
const capacity = processes * threads;
const { signal } = new AbortController();

function open(options: Readonly<Record<string, unknown>>): Probe {
  return uwsgiStats.open(uwsgiStats.options.parse({ timeout: '10s', ...options }), anySubject);
}

function page(queue: string): string {
  return `{"version":"2.0.21","listen_queue":${queue},"sockets":[],"workers":[{"status":"idle","cores":[{"in_request":0}]}]}`;
}

async function startHolding(statsHttp = false) {
  const requests = await holdRequests();
  const uwsgi = await startUwsgi({ processes, threads, backendPort: requests.backend.port, statsHttp });
  requests.sendBy(() => getThrough(`${uwsgi.url}/held`));
  return { uwsgi, requests };
}

describeProbe('uwsgi_stats', async () => {
  const { uwsgi, requests } = await startHolding();
  const silent = await startRawServer(undefined);
  const raw = async (text: string) => open({ address: `tcp://127.0.0.1:${(await startRawServer(text)).port}` });
  return {
    async measuring(count) {
      await requests.bringTo(count);
      return eventually(open({ address: uwsgi.statsSocket }), count);
    },
    broken: {
      gone: () => open({ address: 'tcp://127.0.0.1:1' }),
      rubbish: () => raw('<html>0</html>'),
      negative: () => raw(page('-1')),
      NaN: () => raw(page('NaN')),
      'a fraction': () => raw(page('1.5')),
      'an exponent': () => raw(page('1e-3')),
      huge: () => raw(page('9007199254740993')),
      failing: () => raw('{"error":"busy"}'),
      nothing: () => raw(''),
      'cut off': () => raw(page('0').slice(0, -1)),
      'the application': () => open({ address: `tcp://127.0.0.1:${new URL(uwsgi.url).port}`, timeout: `${hangMs}ms` }),
    },
    hanging: () => open({ address: `tcp://127.0.0.1:${silent.port}`, timeout: `${hangMs}ms` }),
    hangMs,
  };
}, [0, 1, capacity]);

describeProbe('uwsgi_stats over HTTP', async () => {
  const { uwsgi, requests } = await startHolding(true);
  const { broken, hanging } = await brokenPages({
    at: (url) => open({ url, timeout: `${hangMs}ms` }),
    page,
  });
  return {
    async measuring(count) {
      await requests.bringTo(count);
      return eventually(open({ url: `http://127.0.0.1:${uwsgi.statsPort}/` }), count);
    },
    broken,
    hanging,
    hangMs,
  };
}, [0, 1, capacity]);

describe('the uwsgi_stats probe', () => {
  test('counts what waits in the listen queue', async () => {
    const { uwsgi, requests } = await startHolding();
    const waiting = 3;
    requests.send(capacity + waiting);
    await waitFor(() => requests.backend.held === capacity, { what: 'all workers to be busy' });

    const probe = open({ address: uwsgi.statsSocket });
    await waitFor(async () => (await probe.measure(signal)) === capacity + waiting, { what: 'the queue to be seen' });
    requests.backend.release();
    await waitFor(() => requests.backend.held === waiting, { what: 'the rest to be served' });
    await requests.bringTo(0);
  });

  test('is unknown when uWSGI is gone, and names the remedy', async () => {
    const { uwsgi } = await startHolding();
    await uwsgi.close();

    await expect(open({ address: uwsgi.statsSocket }).measure(signal)).rejects.toMatchObject({
      code: 'PROBE_FAILED',
      hint: expect.stringContaining(`stats = ${uwsgi.statsSocket}`),
    });
  });
});

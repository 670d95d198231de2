import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Probe } from '../../../src/probes/probe.ts';
import { prometheus } from '../../../src/probes/prometheus.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { type AnsweringServer, startAnsweringServer } from '../../support/contracts/answering-server.ts';
import { describeProbe, type ProbeWorld } from '../../support/contracts/probe.ts';
import { startRawServer } from '../../support/contracts/raw-server.ts';
import { anySubject } from '../../support/doubles/driver-surroundings.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const hangMs = 400;
const { signal } = new AbortController();

function open(options: Readonly<Record<string, unknown>>): Probe {
  const metric = 'http_requests_in_flight';
  return prometheus.open(prometheus.options.parse({ metric, timeout: '30s', ...options }), anySubject);
}

/** A program with a gauge that prom-client exposes, which also counts who looks at it. */
async function startProgram(contentType: typeof Registry.PROMETHEUS_CONTENT_TYPE) {
  const registry = new Registry();
  registry.setContentType(contentType);
  const [name, help] = ['http_requests_in_flight', 'Requests\nin "flight".'];
  const gauge = new Gauge({ name, help, labelNames: ['state', 'pool'], registers: [registry] });
  const server = createServer(async (_, response) => {
    gauge.inc({ state: 'active', pool: 'metrics' });
    response.setHeader('content-type', registry.contentType).end(await registry.metrics());
    gauge.dec({ state: 'active', pool: 'metrics' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanUp(() => void server.close());
  // as: a server that listens on TCP has such an address
  return { gauge, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics` };
}

// as: prom-client's type of a registry knows only one of the two
const openMetrics = Registry.OPENMETRICS_CONTENT_TYPE as unknown as typeof Registry.PROMETHEUS_CONTENT_TYPE;

function setUp(contentType: typeof Registry.PROMETHEUS_CONTENT_TYPE): () => Promise<ProbeWorld> {
  return async () => {
    const { gauge, url } = await startProgram(contentType);
    const server = await startAnsweringServer();
    const raw = await startRawServer('http_requests_in_flight 0\n');
    const at = (path: string, options = {}) => open({ url: `${server.url}/${path}`, ...options });
    const say = (text: string) => at(`say/${encodeURIComponent(text)}`);
    const value = (text: string) => say(`# TYPE http_requests_in_flight gauge\nhttp_requests_in_flight ${text}\n`);
    return {
      measuring(count) {
        gauge.reset();
        gauge.set({ state: 'active', pool: 'web' }, Math.ceil(count / 2));
        gauge.set({ state: 'active', pool: 'a"p\\i\n' }, Math.floor(count / 2));
        gauge.set({ state: 'idle', pool: 'web' }, 1_000);
        return open({
          url,
          labels: { state: 'active' },
          subtract: count < Number.MAX_SAFE_INTEGER ? 1 : 0,
          ...only(count),
        });
      },
      broken: {
        gone: () => open({ url: 'http://127.0.0.1:1/metrics' }),
        rubbish: () => say('<html>http_requests_in_flight 0</html>'),
        negative: () => value('-1'),
        NaN: () => value('NaN'),
        'a fraction': () => value('0.5'),
        'an exponent': () => value('1e-3'),
        huge: () => value('9007199254740993'),
        failing: () => at('status/500'),
        infinite: () => value('+Inf'),
        nothing: () => say(''),
        'another metric': () => say('up 1\n'),
        'a counter': () => say('# TYPE http_requests_in_flight counter\nhttp_requests_in_flight 0\n'),
        'half a page': () => say('http_requests_in_flight 0'),
        'cut off': () => at('cut'),
        'a redirect': () => at('status/302'),
        'not HTTP': () => open({ url: `http://127.0.0.1:${raw.port}/` }),
      },
      hanging: () => at('hang', { timeout: `${hangMs}ms` }),
      hangMs,
    };
  };
}

/** Where one more would be too many, the page's own request is left out by its label. */
function only(count: number): object {
  return count < Number.MAX_SAFE_INTEGER ? {} : { labels_regex: { pool: '(?!metrics).*' } };
}

describeProbe('prometheus, text format', setUp(Registry.PROMETHEUS_CONTENT_TYPE));
describeProbe('prometheus, OpenMetrics', setUp(openMetrics));

describe('the prometheus probe', () => {
  let server: AnsweringServer;

  beforeAll(async () => {
    server = await startAnsweringServer();
  });

  const say = (text: string, options = {}) =>
    open({ url: `${server.url}/say/${encodeURIComponent(text)}`, ...options });

  test('takes an absent series for 0 only where that was said', async () => {
    await expect(say('up 1\n').measure(signal)).rejects.toThrow('no series of http_requests_in_flight matches');
    expect(await say('up 1\n', { absent: 0 }).measure(signal)).toBe(0);
  });

  test.each(['', '<html></html>'])('never takes %j for a page on which it is absent', async (page) => {
    await expect(say(page, { absent: 0 }).measure(signal)).rejects.toMatchObject({ code: 'PROBE_FAILED' });
  });

  test('matches a label as a whole', async () => {
    const page = 'http_requests_in_flight{pool="web"} 1\nhttp_requests_in_flight{pool="web2"} 10\n';
    expect(await say(page, { labels_regex: { pool: 'web|api' } }).measure(signal)).toBe(1);
  });

  test('subtracts, never below 0', async () => {
    expect(await say('http_requests_in_flight 0\n', { subtract: 1 }).measure(signal)).toBe(0);
  });

  test('asks for text, and sends headers', async () => {
    await say('http_requests_in_flight 0\n', { headers: { 'X-Token': 'secret' } }).measure(signal);
    expect(server.last?.headers).toMatchObject({ 'x-token': 'secret', accept: expect.stringContaining('text/plain') });
  });

  test('asks on a Unix socket', async () => {
    const socket = temporaryDirectory().file('app.sock');
    const { url } = await startAnsweringServer(socket);
    const probe = open({ url: `${url}/say/${encodeURIComponent('http_requests_in_flight 7\n')}`, socket });
    expect(await probe.measure(signal)).toBe(7);
    expect(probe.target).toContain(`at ${socket} http_requests_in_flight`);
  });

  test('reads a page of several megabytes', async () => {
    const page = `${'a_metric_that_is_not_asked_for{with="labels"} 1\n'.repeat(60_000)}http_requests_in_flight 3\n`;
    const large = createServer((_, response) => void response.end(page));
    await new Promise<void>((resolve) => large.listen(0, '127.0.0.1', resolve));
    onCleanUp(() => void large.close());
    const { port } = large.address() as AddressInfo; // as: a server that listens on TCP has such an address
    expect(await open({ url: `http://127.0.0.1:${port}/`, timeout: '10s' }).measure(signal)).toBe(3);
  });
});

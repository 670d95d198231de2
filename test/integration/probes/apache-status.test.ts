import { describe, expect, test } from 'vitest';
import { apacheStatus } from '../../../src/probes/apache-status.ts';
import type { Probe } from '../../../src/probes/probe.ts';
import { describeProbe } from '../../support/contracts/probe.ts';
import { anySubject } from '../../support/doubles/driver-surroundings.ts';
import { type ApacheOptions, startApache } from '../../support/status/apache.ts';
import { brokenPages } from '../../support/status/broken-pages.ts';
import { eventually, getThrough, holdRequests } from '../../support/status/held-requests.ts';

const hangMs = 400;
const { signal } = new AbortController();

function open(options: Readonly<Record<string, unknown>>): Probe {
  return apacheStatus.open(apacheStatus.options.parse({ timeout: '5s', ...options }), anySubject);
}

function page(writing: string): string {
  return `ServerMPM: event\nBusyWorkers: 1\nIdleWorkers: 1\nConnsAsyncWriting: ${writing}\nConnsAsyncKeepAlive: 0\nConnsAsyncClosing: 0\nScoreboard: W_..\n`;
}

async function startHolding(options: Pick<ApacheOptions, 'mpm' | 'extendedStatus'>) {
  const requests = await holdRequests();
  const apache = await startApache({
    ...options,
    config: `ProxyPass "/held" "http://127.0.0.1:${requests.backend.port}/held"`,
  });
  requests.sendBy(() => getThrough(`${apache.url}/held`));
  return { apache, requests, url: `${apache.url}/server-status` };
}

describe.each([
  ['event', false],
  ['prefork', true],
] as const)('with the %s MPM, ExtendedStatus %s', (mpm, extendedStatus) => {
  describeProbe('apache_status', async () => {
    const { apache, requests, url } = await startHolding({ mpm, extendedStatus });
    const { broken, hanging } = await brokenPages({
      at: (place) => open({ url: place, timeout: `${hangMs}ms` }),
      page,
    });
    return {
      async measuring(count) {
        await requests.bringTo(count);
        return eventually(open({ url }), count);
      },
      broken: { ...broken, 'no mod_status there': () => open({ url: `${apache.url}/` }) },
      hanging,
      hangMs,
    };
  }, [0, 1, 25]);
});

describe('the apache_status probe', () => {
  test('is unknown when Apache is gone, and names the remedy', async () => {
    const { apache, url } = await startHolding({ mpm: 'event', extendedStatus: false });
    await apache.close();

    await expect(open({ url }).measure(signal)).rejects.toMatchObject({
      code: 'PROBE_FAILED',
      hint: expect.stringContaining('SetHandler server-status'),
    });
  });
});

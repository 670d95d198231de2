import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { nginxStatus } from '../../../src/probes/nginx-status.ts';
import type { Probe } from '../../../src/probes/probe.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { describeProbe } from '../../support/contracts/probe.ts';
import { anySubject } from '../../support/doubles/driver-surroundings.ts';
import { brokenPages } from '../../support/status/broken-pages.ts';
import { eventually, getThrough, holdRequests } from '../../support/status/held-requests.ts';
import { startNginx } from '../../support/status/nginx.ts';
import { waitFor } from '../../support/wait-for.ts';

const hangMs = 400;
const { signal } = new AbortController();

function open(options: Readonly<Record<string, unknown>>): Probe {
  return nginxStatus.open(nginxStatus.options.parse({ timeout: '5s', ...options }), anySubject);
}

function page(writing: string): string {
  return `Active connections: 9 \nserver accepts handled requests\n 9 9 12 \nReading: 0 Writing: ${writing} Waiting: 8 \n`;
}

async function startHolding() {
  const requests = await holdRequests();
  const nginx = await startNginx(`
    location = /nginx_status { stub_status; }
    location = /denied { stub_status; deny all; }
    location / { proxy_pass http://127.0.0.1:${requests.backend.port}; }`);
  requests.sendBy(() => getThrough(`${nginx.url}/held`));
  return { nginx, requests, url: `${nginx.url}/nginx_status` };
}

describeProbe('nginx_status', async () => {
  const { nginx, requests, url } = await startHolding();
  const { broken, hanging } = await brokenPages({
    at: (place) => open({ url: place, timeout: `${hangMs}ms` }),
    page,
  });
  return {
    async measuring(count) {
      await requests.bringTo(count);
      return eventually(open(count === 1 ? { url, socket: nginx.socketPath } : { url }), count);
    },
    broken: {
      ...broken,
      'no stub_status there': () => open({ url: `${nginx.url}/up` }),
      'not allowed': () => open({ url: `${nginx.url}/denied` }),
    },
    hanging,
    hangMs,
  };
}, [0, 1, 25]);

describe('the nginx_status probe', () => {
  test('counts idle keep-alive connections only where it is to', async () => {
    const { nginx, url } = await startHolding();
    const client = connect(Number(new URL(nginx.url).port), '127.0.0.1');
    onCleanUp(() => void client.destroy());
    client.write('GET /up HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => client.once('data', resolve));

    await waitFor(async () => (await open({ url }).measure(signal)) === 0, { what: 'the request to be idle' });
    expect(await open({ url, which: 'active' }).measure(signal)).toBeGreaterThanOrEqual(1);
  });

  test('is unknown when nginx is gone, and names the remedy', async () => {
    const { nginx, url } = await startHolding();
    await nginx.close();

    await expect(open({ url }).measure(signal)).rejects.toMatchObject({
      code: 'PROBE_FAILED',
      hint: expect.stringContaining('location = /nginx_status { stub_status;'),
    });
  });
});

import { describe, expect, test } from 'vitest';
import { fastcgiRequest } from '../../../src/fastcgi.ts';
import { phpFpmStatus } from '../../../src/probes/php-fpm-status.ts';
import type { Probe } from '../../../src/probes/probe.ts';
import { describeProbe } from '../../support/contracts/probe.ts';
import { startRawServer } from '../../support/contracts/raw-server.ts';
import { anySubject } from '../../support/doubles/driver-surroundings.ts';
import { freePort } from '../../support/free-port.ts';
import { brokenPages } from '../../support/status/broken-pages.ts';
import { eventually, holdRequests } from '../../support/status/held-requests.ts';
import { startNginx } from '../../support/status/nginx.ts';
import { startPhpFpm } from '../../support/status/php-fpm.ts';
import { waitFor } from '../../support/wait-for.ts';

const hangMs = 400;
const children = 14;
const { signal } = new AbortController();

function open(options: Readonly<Record<string, unknown>>): Probe {
  return phpFpmStatus.open(phpFpmStatus.options.parse({ timeout: '10s', ...options }), anySubject);
}

function page(active: string): string {
  return `{"pool":"www","listen queue":0,"idle processes":1,"active processes":${active},"total processes":1,"processes":[{"state":"Idle","request uri":"-"}]}`;
}

/** What php-fpm sends for a status page. */
function fastcgi(body: string): Buffer {
  const text = `Content-type: application/json\r\n\r\n${body}`;
  const header = Buffer.from([1, 6, 0, 1, text.length >> 8, text.length & 0xff, 0, 0]);
  return Buffer.concat([header, Buffer.from(text), Buffer.from([1, 3, 0, 1, 0, 8, 0, 0, ...Array(8).fill(0)])]);
}

async function startHolding(listen?: number) {
  const requests = await holdRequests();
  const fpm = await startPhpFpm({
    children,
    backendPort: requests.backend.port,
    ...(listen === undefined ? {} : { listen }),
  });
  const address = { kind: 'unix', label: fpm.socketPath, path: fpm.socketPath } as const;
  const tcp = { kind: 'tcp', label: '', host: '127.0.0.1', port: listen ?? 0 } as const;
  const variables = { SCRIPT_NAME: '/held', SCRIPT_FILENAME: fpm.script, REQUEST_METHOD: 'GET', QUERY_STRING: 'a="b' };
  const ask = { address: listen === undefined ? address : tcp, variables, timeoutMs: 60_000, maxBytes: 100_000 };
  requests.sendBy(() => fastcgiRequest(ask, new AbortController().signal));
  return { fpm, requests };
}

describeProbe('php_fpm_status by FastCGI', async () => {
  const { fpm, requests } = await startHolding();
  const silent = await startRawServer(undefined);
  const at = async (text: string) => {
    const { port } = await startRawServer(fastcgi(text));
    return open({ address: `tcp://127.0.0.1:${port}` });
  };
  return {
    async measuring(count) {
      await requests.bringTo(count);
      return eventually(open({ address: fpm.socketPath, path: '/fpm-status' }), count);
    },
    broken: {
      gone: () => open({ address: fpm.directory.file('none.sock') }),
      rubbish: () => at('<html>0</html>'),
      negative: () => at(page('-1')),
      NaN: () => at(page('NaN')),
      'a fraction': () => at(page('1.5')),
      'an exponent': () => at(page('1e-3')),
      huge: () => at(page('9007199254740993')),
      failing: () => open({ address: fpm.socketPath, path: '/no-status' }),
      'not FastCGI': async () => open({ address: `tcp://127.0.0.1:${(await startRawServer(page('0'))).port}` }),
      nothing: async () => open({ address: `tcp://127.0.0.1:${(await startRawServer('')).port}` }),
    },
    hanging: () => open({ address: `tcp://127.0.0.1:${silent.port}`, timeout: `${hangMs}ms` }),
    hangMs,
  };
}, [0, 1, 12]);

describeProbe('php_fpm_status through a web server', async () => {
  const { fpm, requests } = await startHolding();
  const nginx = await startNginx(`
    location = /status-page {
      fastcgi_pass unix:${fpm.socketPath};
      fastcgi_param SCRIPT_NAME /fpm-status;
      fastcgi_param SCRIPT_FILENAME /fpm-status;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param QUERY_STRING $query_string;
    }`);
  const { broken, hanging } = await brokenPages({
    at: (url) => open({ url, timeout: `${hangMs}ms` }),
    page,
  });
  return {
    async measuring(count) {
      await requests.bringTo(count);
      return eventually(open({ url: `${nginx.url}/status-page` }), count);
    },
    broken,
    hanging,
    hangMs,
  };
}, [0, 1, 12]);

describe('the php_fpm_status probe', () => {
  test('subtracts nothing where other processes answer (pm.status_listen)', async () => {
    const { fpm, requests } = await startHolding();
    await requests.bringTo(1);

    const probe = open({ address: `tcp://127.0.0.1:${fpm.statusPort}`, path: '/fpm-status' });
    expect(await eventually(probe, 1).measure(signal)).toBe(1);
    await requests.bringTo(0);
    await waitFor(async () => (await probe.measure(signal)) === 0, { what: 'the pool to be idle' });
  });

  test('counts what waits in the listen queue of a port', async () => {
    const { fpm, requests } = await startHolding(await freePort());
    const waiting = 3;
    requests.send(children + waiting);
    await waitFor(() => requests.backend.held === children, { what: 'all processes to be busy' });

    const probe = open({ address: `tcp://127.0.0.1:${fpm.statusPort}`, path: '/fpm-status' });
    await waitFor(async () => (await probe.measure(signal)) === children + waiting, { what: 'the queue to be seen' });
    requests.backend.release();
    await waitFor(() => requests.backend.held === waiting, { what: 'the rest to be served' });
    await requests.bringTo(0);
  });

  test('is unknown when php-fpm is gone, and names the remedy', async () => {
    const { fpm } = await startHolding();
    await fpm.close();

    const probe = open({ address: fpm.socketPath, path: '/fpm-status' });
    await expect(probe.measure(signal)).rejects.toMatchObject({
      code: 'PROBE_FAILED',
      hint: expect.stringContaining('pm.status_path = /fpm-status'),
    });
  });
});

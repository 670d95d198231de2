import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onCleanUp } from '../cleanup.ts';
import { type Chooser, startChooser } from './chooser.ts';

/** An Envoy's listener and admin interface, as documented, in front of one program. An undocumented call fails the test. */
export interface Envoy {
  /** Where clients and other Envoys send. */
  readonly listener: Chooser;
  readonly adminPort: number;
  /** Method, path and query of every call of the admin interface, in order. */
  readonly calls: readonly string[];
  /** What `/healthz` would answer others. */
  healthy(): boolean;
}

/** Starts one in front of this port, with one listener whose `stat_prefix` is given. */
export async function startEnvoy(upstreamPort: number, statPrefix: string): Promise<Envoy> {
  const calls: string[] = [];
  const undocumented: string[] = [];
  const listener = await startChooser(() => [upstreamPort]);
  let failed = false;

  function answer({ method = '', url = '' }: IncomingMessage): [status: number, type: string, body: string] {
    calls.push(`${method} ${url}`);
    const { pathname, searchParams } = new URL(url, 'http://admin');
    switch (`${method} ${pathname}`) {
      case 'POST /healthcheck/fail':
        failed = true;
        return [200, 'text/plain', 'OK\n'];
      case 'POST /healthcheck/ok':
        failed = false;
        return [200, 'text/plain', 'OK\n'];
      case 'GET /server_info':
        return [200, 'application/json', serverInfo(failed ? 'DRAINING' : 'LIVE')];
      case 'GET /stats/prometheus':
        return [200, 'text/plain', statistics(new RegExp(searchParams.get('filter') ?? ''))];
      default:
        undocumented.push(`${method} ${url}`);
        // A change that is asked for with GET is refused with 405 and changes nothing.
        return [method === 'POST' ? 404 : 405, 'text/plain', 'invalid path\n'];
    }
  }

  function statistics(filter: RegExp): string {
    // The request of the probe itself is one of the admin interface.
    const active = { admin: 1, [statPrefix]: listener.active(upstreamPort) };
    const gauges = Object.entries(active).filter(([prefix]) => filter.test(`http.${prefix}.downstream_rq_active`));
    const lines = gauges.map(
      ([prefix, value]) => `envoy_http_downstream_rq_active{envoy_http_conn_manager_prefix="${prefix}"} ${value}\n`,
    );
    return `# TYPE envoy_http_downstream_rq_active gauge\n${lines.join('')}`;
  }

  const server = createServer((request, response) => {
    const [status, type, body] = answer(request);
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-cache, max-age=0' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanUp(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    if (undocumented.length > 0) throw new Error(`calls that Envoy's documentation does not have: ${undocumented}`);
  });
  const { port } = server.address() as AddressInfo; // as: it listens on TCP
  return { listener, adminPort: port, calls, healthy: () => !failed };
}

function serverInfo(state: 'LIVE' | 'DRAINING'): string {
  return JSON.stringify({
    version: '6d9bb7d9a85d616b220d1f8fe67b61f82bbdb8d3/1.31.0/Clean/RELEASE/BoringSSL',
    state,
    hot_restart_version: 'disabled',
    uptime_current_epoch: '5100s',
    uptime_all_epochs: '5100s',
    node: { id: '', cluster: '' },
  });
}

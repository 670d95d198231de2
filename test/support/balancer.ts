import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { request } from './http.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { waitFor } from './wait-for.ts';

/** A small load balancer with a REST API; see test/fixtures/balancer/balancer.mjs. */
export interface Balancer {
  /** Where clients send. */
  readonly url: string;
  /** Where the API is; with a Unix socket, what stands in place of the host. */
  readonly adminUrl: string;
  readonly process: RunningProcess;
}

/** What to start it with. */
export interface BalancerOptions {
  /** Ports by the servers' names. */
  readonly servers: ReadonlyMap<string, number>;
  /** A port or the path of a socket. Default: a free port. */
  readonly admin?: string | number;
  /** What its API asks for. Default: nothing. */
  readonly token?: string;
  /** The directory that it belongs to. */
  readonly mark: string;
}

const program = fileURLToPath(new URL('../fixtures/balancer/balancer.mjs', import.meta.url));

/** Starts one, and resolves when its API answers. */
export async function startBalancer(options: BalancerOptions): Promise<Balancer> {
  const { servers, token, mark } = options;
  const port = await freePort();
  const admin = String(options.admin ?? (await freePort()));
  const list = [...servers].map(([name, serverPort]) => `${name}=${serverPort}`).join(',');
  const args = [program, '--port', String(port), '--admin', admin, '--servers', list];
  const process_ = startProcess(process.execPath, token === undefined ? args : [...args, '--token', token], { mark });
  const isPort = /^\d+$/.test(admin);
  const adminUrl = isPort ? `http://127.0.0.1:${admin}` : 'http://localhost';
  await waitFor(
    async () => (await request(`${adminUrl}/healthz`, isPort ? {} : { socketPath: admin })).status === 200,
    { what: `the balancer to answer; it said: ${process_.stderr}` },
  );
  return { url: `http://127.0.0.1:${port}`, adminUrl, process: process_ };
}

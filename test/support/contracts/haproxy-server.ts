import { get } from 'node:http';
import { type Haproxy, type HaproxyOptions, startHaproxy } from '../haproxy.ts';
import { waitFor } from '../wait-for.ts';
import { type HeldBackend, startHeldBackend } from './held-backend.ts';

/** A real HAProxy whose servers all lead to one backend that holds requests open. */
export interface HaproxyWorld {
  readonly haproxy: Haproxy;
  readonly backend: HeldBackend;
  /** The master CLI, where it was started with `masterWorker`. */
  readonly masterPath: string;
  /** Sends that many requests to one server of `app`, by its cookie; resolves when the backend holds all of them. */
  hold(server: string, count: number): Promise<void>;
  /** Answers all that are held, and waits until the clients have their answers. */
  release(): Promise<void>;
  /** Makes all servers ready. */
  reset(): Promise<void>;
}

const cookie = 'SERVER';

/** Starts it with servers of these names in the backend `app`, and no health checks unless their words say so. */
export async function startHaproxyWorld(
  servers: readonly string[],
  options: Omit<HaproxyOptions, 'servers' | 'cookie'> & { readonly serverOptions?: string } = {},
): Promise<HaproxyWorld> {
  const { serverOptions = 'no-check', ...rest } = options;
  const backend = await startHeldBackend();
  const haproxy = await startHaproxy({
    ...rest,
    cookie,
    servers: servers.map((name) => ({ name, port: backend.port, options: serverOptions })),
  });
  let answers: Promise<unknown>[] = [];
  return {
    haproxy,
    backend,
    masterPath: haproxy.masterPath,
    async hold(server, count) {
      const before = backend.held;
      answers.push(...Array.from({ length: count }, () => getThrough(haproxy.url, server)));
      await waitFor(() => backend.held === before + count, { what: `${count} requests to be held` });
    },
    async release() {
      backend.release();
      await Promise.all(answers);
      answers = [];
    },
    async reset() {
      await haproxy.command(servers.map((server) => `set server app/${server} state ready`).join(';'));
    },
  };
}

/** Resolves when the answer is complete, whatever it is. */
function getThrough(url: string, server: string): Promise<void> {
  return new Promise((resolve) => {
    const request = get(`${url}/held`, { agent: false, headers: { cookie: `${cookie}=${server}` } }, (response) => {
      response.resume().once('close', resolve);
    });
    request.once('error', () => resolve());
  });
}

/** A master that is not in its event loop yet loses the signal to reload. */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onCleanUp } from '../cleanup.ts';

/** A web server that answers `/health` and `/now` at once, and holds every other request open until it is released. */
export interface HeldBackend {
  readonly port: number;
  /** Requests that are open now. */
  readonly held: number;
  /** Answers all open requests. */
  release(): void;
  close(): Promise<void>;
}

/** Starts one on a loopback port. */
export async function startHeldBackend(): Promise<HeldBackend> {
  const open = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (request.url === '/health' || request.url === '/now') {
      response.end('ok\n');
      return;
    }
    open.add(response);
    response.once('close', () => open.delete(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    forget();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const forget = onCleanUp(close);
  return {
    // A TCP server that listens has such an address.
    port: (server.address() as AddressInfo).port,
    get held() {
      return open.size;
    },
    release() {
      for (const response of open) response.end('done\n');
    },
    close,
  };
}

import type { SidecarConfig } from '../../config/config.ts';
import type { Log } from '../../log.ts';
import { type Exchange, refuse } from '../../rpc/exchange.ts';
import { createHttpServer } from '../../rpc/http-server.ts';
import type { RpcListenAddress } from '../../rpc/listen-address.ts';
import { Seldom } from '../../rpc/seldom.ts';
import { listenAgain } from '../listen-again.ts';
import { authorizer } from './authorization.ts';
import { findOwner } from './owner.ts';

/** The servers of a front. */
export interface FrontServers {
  /** Takes no more calls, and ends those under way after a moment. May be called more than once. */
  close(): Promise<void>;
}

/** What there is to serve. */
export interface ServeOptions {
  readonly sidecar: SidecarConfig;
  /** Answers one request. */
  readonly handle: (exchange: Exchange) => Promise<void>;
  readonly log: Log;
}

/**
 * Serves the front on its Unix socket, and on TCP where the configuration says so. An address that can't be had does not
 * keep the gate from its work, nor the other address from being served; it is tried again.
 */
export function serveFront({ sidecar, handle, log }: ServeOptions): FrontServers {
  const { limits, listen, credentials } = sidecar;
  const ending = new AbortController();
  const socket = createHttpServer({ handle, log, limits });
  const serving = [listenAgain(socket, () => socketAddress(sidecar), 'calls', log, ending.signal)];
  const servers = [socket];
  if (listen !== undefined) {
    const isAllowed = authorizer(credentials);
    const wrong = new Seldom((times, client) =>
      log.warn(`calls were refused: ${client} has a wrong user name or password`, { times }),
    );
    const guarded = async (exchange: Exchange) => {
      const { headers, socket } = exchange.request;
      if (isAllowed(headers.authorization)) return handle(exchange);
      if (headers.authorization !== undefined) wrong.happened(socket.remoteAddress);
      refuse(exchange, unauthorized);
    };
    const tcp = createHttpServer({ handle: guarded, log, limits });
    serving.push(listenAgain(tcp, () => listen, 'calls', log, ending.signal));
    servers.push(tcp);
  }
  return {
    async close() {
      ending.abort();
      await Promise.all(serving);
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** As supervisord's, so that a client that knows its password prompt knows this one. */
const unauthorized = {
  status: 401,
  text: 'A user name and password are needed: sidecar.username of drainctl.',
  headers: { 'WWW-Authenticate': 'Basic realm="default"' },
} as const;

async function socketAddress(sidecar: SidecarConfig): Promise<RpcListenAddress> {
  return { path: sidecar.socket, mode: sidecar.socketMode, ...(await findOwner(sidecar)) };
}

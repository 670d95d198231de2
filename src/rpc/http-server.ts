import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../log.ts';
import { sleep } from '../time.ts';
import { Connections } from './connections.ts';
import { type Exchange, openExchange } from './exchange.ts';
import { defaultRpcServerLimits, type RpcServerLimits } from './limits.ts';
import { listenOn, type RpcListenAddress } from './listen-address.ts';
import type { SocketFile } from './socket-file.ts';

/** A server of XML-RPC over HTTP. */
export interface RpcServer {
  /** Resolves with its url when requests are taken; a port 0 is replaced by the one given. Rejects with `RPC_LISTEN_FAILED`; then it may be called again. */
  listen(address: RpcListenAddress): Promise<string>;
  /**
   * Takes no more requests, gives those under way `graceMs` (default 1,000) to be answered, then cuts them off, which
   * aborts their signals. Removes the socket's file.
   */
  close(graceMs?: number): Promise<void>;
}

/** What {@link createHttpServer} needs. */
export interface HttpServerOptions {
  /** Answers one request. The requests of one connection come one after another. What it throws is logged, and ends the connection. */
  readonly handle: (exchange: Exchange) => Promise<void>;
  readonly log: Log;
  readonly limits?: Partial<RpcServerLimits>;
}

/** Makes a server that keeps its clients within `limits`, and that does not throw whatever it is sent. */
export function createHttpServer({ handle, log, limits: given = {} }: HttpServerOptions): RpcServer {
  const limits = { ...defaultRpcServerLimits, ...given };
  const server = openServer(limits);
  const connections = new Connections(server, limits, log);
  const turns = new WeakMap<Socket, Promise<void>>();
  let file: SocketFile | undefined;

  // A client may send many requests before it reads an answer; each waits for the one before it, as with supervisord.
  server.on('request', (request, response) => {
    const exchange = openExchange(request, response);
    const before = turns.get(request.socket) ?? Promise.resolve();
    const turn = before
      .then(() => (exchange.signal.aborted ? undefined : handle(exchange)))
      .catch((error: unknown) => {
        if (!exchange.signal.aborted) log.warn('an HTTP request could not be answered', { error: String(error) });
        response.destroy();
      });
    turns.set(request.socket, turn);
  });

  return {
    async listen(address) {
      const listening = await listenOn(server, address);
      file = listening.file;
      return listening.url;
    },
    async close(graceMs = 1_000) {
      connections.stop();
      await file?.remove();
      file = undefined;
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const grace = new AbortController();
      await Promise.race([closed, sleep(graceMs, grace.signal).catch(() => {})]);
      grace.abort();
      server.closeAllConnections();
      await closed;
    },
  };
}

function openServer(limits: RpcServerLimits): Server {
  const { headersTimeoutMs, requestTimeoutMs, idleTimeoutMs, maxCallsPerConnection } = limits;
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: Math.max(requestTimeoutMs, headersTimeoutMs),
    keepAliveTimeout: idleTimeoutMs,
    connectionsCheckingInterval: Math.max(100, Math.min(headersTimeoutMs, requestTimeoutMs, 4_000) / 4),
    keepAlive: true,
  });
  server.maxRequestsPerSocket = maxCallsPerConnection;
  return server;
}

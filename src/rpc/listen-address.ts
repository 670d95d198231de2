import type { Server } from 'node:net';
import { DrainctlError } from '../errors.ts';
import { listenOnSocketFile, type SocketFile, type SocketOwner } from './socket-file.ts';

/** A Unix socket's file; `mode` are its permission bits. */
export interface SocketAddress extends SocketOwner {
  readonly path: string;
  readonly mode: number;
}

/** Where a server listens. */
export type RpcListenAddress = SocketAddress | { readonly host: string; readonly port: number };

/** A server that listens: its url, with the port that a 0 became, and its file, if any. */
export interface Listening {
  readonly url: string;
  readonly file: SocketFile | undefined;
}

/** Makes `server` listen; rejects with `RPC_LISTEN_FAILED`. */
export async function listenOn(server: Server, address: RpcListenAddress): Promise<Listening> {
  if (!('path' in address)) return { url: await listenOnPort(server, address.host, address.port), file: undefined };
  return { url: `unix://${address.path}`, file: await listenOnSocketFile(server, address.path, address.mode, address) };
}

function listenOnPort(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) => {
      reject(
        new DrainctlError('RPC_LISTEN_FAILED', `cannot listen on ${host}:${port}: ${cause.message}`, {
          hint: `See what listens there (\`ss -ltnp 'sport = :${port}'\`), or set another address.`,
          details: { host, port },
          cause,
        }),
      );
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
    });
  });
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { DrainctlError, toDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { sleep } from '../time.ts';
import { readBody } from './body.ts';
import { decodeCall } from './decode.ts';
import { encodeFault, encodeResponse } from './encode.ts';
import { toFault } from './error-faults.ts';
import { callMethod, type RpcMethods } from './methods.ts';
import { RpcFault } from './rpc.ts';
import { listenOnSocketFile, type SocketFile } from './socket-file.ts';

/** What one client may ask of a server. */
export interface RpcServerLimits {
  readonly maxBodyBytes: number;
  readonly maxConnections: number;
  /** From the connect, or the last answer's end, to the last byte of the headers. */
  readonly headersTimeoutMs: number;
  /** To the last byte of the request. How long a method takes is not limited. */
  readonly requestTimeoutMs: number;
  /** How long a connection is kept open between two calls. */
  readonly idleTimeoutMs: number;
}

/** The limits where none are given. */
export const defaultRpcServerLimits: RpcServerLimits = {
  maxBodyBytes: 2 ** 20,
  maxConnections: 256,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 5_000,
};

/** Where a server listens; `mode` are the permission bits of the socket's file. */
export type RpcListenAddress =
  | { readonly path: string; readonly mode: number }
  | { readonly host: string; readonly port: number };

/** An XML-RPC server. */
export interface RpcServer {
  /** To be called once. Resolves with its url when calls are taken; a port 0 is replaced by the one given. Rejects with `RPC_LISTEN_FAILED`. */
  listen(address: RpcListenAddress): Promise<string>;
  /**
   * Takes no more calls, gives those under way `graceMs` (default 1,000) to be answered, then cuts them off, which
   * aborts their signals. Removes the socket's file.
   */
  close(graceMs?: number): Promise<void>;
}

/** What {@link createRpcServer} needs. */
export interface RpcServerOptions {
  readonly methods: RpcMethods;
  readonly log: Log;
  readonly limits?: Partial<RpcServerLimits>;
}

/** Makes a server of XML-RPC over HTTP, at `POST /RPC2` as supervisord's. It answers whatever it is sent, and does not throw. */
export function createRpcServer({ methods, log, limits: given }: RpcServerOptions): RpcServer {
  const limits = { ...defaultRpcServerLimits, ...given };
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: Math.max(limits.requestTimeoutMs, limits.headersTimeoutMs),
      keepAliveTimeout: limits.idleTimeoutMs,
      connectionsCheckingInterval: Math.max(100, Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs) / 4),
      keepAlive: true,
    },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        log.warn('an XML-RPC request could not be answered', { error: String(error) });
        response.destroy();
      });
    },
  );
  server.maxConnections = limits.maxConnections;
  server.on('drop', () => log.warn('an XML-RPC connection was refused', { maxConnections: limits.maxConnections }));
  let socketFile: SocketFile | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const signal = goneSignal(response);
    const refusal = refusalOf(request, limits);
    if (refusal !== undefined) return refuse(response, refusal);
    const body = await readBody(request, limits.maxBodyBytes).catch(() => undefined);
    if (signal.aborted) return;
    if (body === undefined) return refuse(response, tooLong(limits));
    const reply = await replyTo(body, signal);
    if (!signal.aborted) send(response, 200, 'text/xml; charset=utf-8', reply);
  }

  async function replyTo(body: string, signal: AbortSignal): Promise<string> {
    let name = '';
    try {
      const call = await decodeCall(body);
      name = call.method;
      return encodeResponse(await callMethod(methods, name, call.params, { signal }));
    } catch (error) {
      const fault = toFault(error);
      const fields = { method: name, faultCode: fault.faultCode, fault: fault.message };
      if (isBug(error)) log.error('an XML-RPC method failed', { ...fields, stack: stackOf(error) });
      else log.debug('an XML-RPC call was answered with a fault', fields);
      return encodeFault(fault.faultCode, fault.message);
    }
  }

  return {
    async listen(address) {
      if ('path' in address) {
        socketFile = await listenOnSocketFile(server, address.path, address.mode);
        return `unix://${address.path}`;
      }
      return listenOnPort(server, address.host, address.port);
    },
    async close(graceMs = 1_000) {
      await socketFile?.remove();
      socketFile = undefined;
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

function isBug(error: unknown): boolean {
  return !(error instanceof RpcFault) && toDrainctlError(error).code === 'INTERNAL';
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** A signal that is aborted when the connection ends before the answer has been sent. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new DrainctlError('CANCELLED', 'the client of the call went away'));
  });
  return gone.signal;
}

/** An HTTP error with a sentence for whoever sent the request by hand. */
interface Refusal {
  readonly status: number;
  readonly text: string;
}

function refusalOf(request: IncomingMessage, limits: RpcServerLimits): Refusal | undefined {
  const path = (request.url ?? '').split('?', 1)[0];
  if (path !== '/RPC2') return { status: 404, text: 'There is nothing here; XML-RPC calls go to /RPC2.' };
  if (request.method !== 'POST') return { status: 405, text: 'XML-RPC calls are made by POST.' };
  return Number(request.headers['content-length'] ?? 0) > limits.maxBodyBytes ? tooLong(limits) : undefined;
}

function tooLong(limits: RpcServerLimits): Refusal {
  return { status: 413, text: `A call may have at most ${limits.maxBodyBytes} bytes.` };
}

/** What is left of the request is not read, so the connection ends with this answer. */
function refuse(response: ServerResponse, { status, text }: Refusal): void {
  response.setHeader('Connection', 'close');
  if (status === 405) response.setHeader('Allow', 'POST');
  send(response, status, 'text/plain; charset=utf-8', `${text}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
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

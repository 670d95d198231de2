import type { IncomingMessage, ServerResponse } from 'node:http';
import { DrainctlError } from '../errors.ts';

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborted when the client goes away before it has its answer. */
  readonly signal: AbortSignal;
}

/** An HTTP error with a sentence for whoever sent the request by hand. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The type of every XML-RPC answer of ours. */
export const xmlType = 'text/xml; charset=utf-8';

/** An exchange over what `node:http` gives. */
export function openExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new DrainctlError('CANCELLED', 'the client of the call went away'));
  });
  return { request, response, signal: gone.signal };
}

/** The path that was asked for, without its query. */
export function pathOf({ request }: Exchange): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

/** Why a request is no XML-RPC call; undefined where it may be one. */
export function refusalOf({ request }: Exchange, maxBodyBytes: number): Refusal | undefined {
  if (request.method !== 'POST') {
    return { status: 405, text: 'XML-RPC calls are made by POST.', headers: { Allow: 'POST' } };
  }
  return Number(request.headers['content-length'] ?? 0) > maxBodyBytes ? tooLong(maxBodyBytes) : undefined;
}

/** The refusal of a body over the limit. */
export function tooLong(maxBodyBytes: number): Refusal {
  return { status: 413, text: `A call may have at most ${maxBodyBytes} bytes.` };
}

/** Answers with an HTTP error. What is left of the request is not read, so the connection ends with this answer. */
export function refuse(exchange: Exchange, { status, text, headers = {} }: Refusal): void {
  const { response } = exchange;
  for (const [name, value] of Object.entries({ ...headers, Connection: 'close' })) response.setHeader(name, value);
  send(exchange, status, 'text/plain; charset=utf-8', `${text}\n`);
}

/** Sends a whole answer, unless the client has gone. */
export function send({ response, signal }: Exchange, status: number, type: string, body: string | Buffer): void {
  if (signal.aborted) return;
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

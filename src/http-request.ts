import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { formatDuration } from './duration.ts';
import { withTimeout } from './time.ts';

/** What TLS is made with beyond what the system trusts; each is PEM, as read from its file. */
export interface TlsMaterial {
  /** Certificates to trust in place of the system's. */
  readonly ca?: string | undefined;
  /** Our own certificate, for servers that ask for one, and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** One request over HTTP or HTTPS. */
export interface HttpRequest {
  /** http: or https:. */
  readonly url: URL;
  /** A Unix socket to connect to in place of the URL's host and port. */
  readonly socketPath?: string | undefined;
  /** Default: GET. */
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly tls?: TlsMaterial | undefined;
  /** From the connect to the last byte. */
  readonly timeoutMs: number;
}

/** A whole answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** 1 MiB, unless the caller says more. */
export const maxBodyBytes = 1024 * 1024;

/**
 * Sends the request on a connection of its own and reads the whole answer, whatever its status. Redirects are not
 * followed. Rejects with an Error that says why in a few words (its cause may have a `code`), or with the signal's
 * reason. An answer longer than `maxBytes` is an error.
 */
export async function httpRequest(
  request: HttpRequest,
  signal: AbortSignal,
  maxBytes: number = maxBodyBytes,
): Promise<HttpAnswer> {
  const late = () => new Error(`no answer within ${formatDuration(request.timeoutMs)}`);
  return withTimeout(request.timeoutMs, signal, late, async (bounded) => {
    const response = await send(request, bounded);
    const body = await readBody(response, maxBytes);
    return { status: response.statusCode ?? 0, body };
  });
}

/** The URL without its user, password and query, for messages. */
export function describeUrl(url: URL, socketPath?: string): string {
  const place = `${url.protocol}//${url.host}${url.pathname}`;
  return socketPath === undefined ? place : `${place} at ${socketPath}`;
}

async function send(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const { url, socketPath, method = 'GET', headers = {}, body, tls = {} } = request;
  // TLS is loaded only by those who use it.
  const start = url.protocol === 'https:' ? (await import('node:https')).request : requestHttp;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options: RequestOptions = { method, headers: { ...headers, ...length }, agent: false, signal, ...tls };
  if (socketPath !== undefined) options.socketPath = socketPath;
  return new Promise((resolve, reject) => {
    const outgoing = start(url, options, resolve);
    outgoing.once('error', (error) => reject(withReason(error)));
    outgoing.end(body);
  });
}

/** A name that has several addresses fails with an error that has only a code. */
function withReason(error: Error): Error {
  if (error.message !== '') return error;
  const code = 'code' in error ? String(error.code) : error.name;
  return new Error(`no connection (${code})`, { cause: error });
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    // No encoding is set on the response, so that its chunks are Buffers.
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

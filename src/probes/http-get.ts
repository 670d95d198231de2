import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { formatDuration } from '../duration.ts';
import { withTimeout } from '../time.ts';

/** One request to a process's own HTTP endpoint. */
export interface HttpRequest {
  /** http: or https:. */
  readonly url: URL;
  /** A Unix socket to connect to in place of the URL's host and port. */
  readonly socketPath?: string | undefined;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** From the connect to the last byte. */
  readonly timeoutMs: number;
}

/** A whole answer. */
export interface HttpAnswer {
  readonly status: number;
  /** At most {@link maxBodyBytes}; more is an error. */
  readonly body: string;
}

/** 1 MiB. */
export const maxBodyBytes = 1024 * 1024;

/**
 * Sends the request on a connection of its own and reads the whole answer, whatever its status. Redirects are not
 * followed. Rejects with an Error that says why in a few words, or with the signal's reason.
 */
export async function httpGet(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const late = () => new Error(`no answer within ${formatDuration(request.timeoutMs)}`);
  return withTimeout(request.timeoutMs, signal, late, async (bounded) => {
    const response = await send(request, bounded);
    return { status: response.statusCode ?? 0, body: await readBody(response) };
  });
}

/** The URL without its user, password and query, for messages. */
export function describeUrl(url: URL, socketPath?: string): string {
  const place = `${url.protocol}//${url.host}${url.pathname}`;
  return socketPath === undefined ? place : `${place} at ${socketPath}`;
}

async function send(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const { url, socketPath, method = 'GET', headers = {} } = request;
  // TLS is loaded only by those who use it.
  const start = url.protocol === 'https:' ? (await import('node:https')).request : requestHttp;
  const options: RequestOptions = { method, headers, agent: false, signal };
  if (socketPath !== undefined) options.socketPath = socketPath;
  return new Promise((resolve, reject) => {
    const outgoing = start(url, options, resolve);
    outgoing.once('error', (error) => reject(withReason(error)));
    outgoing.end();
  });
}

/** A name that has several addresses fails with an error that has only a code. */
function withReason(error: Error): Error {
  if (error.message !== '') return error;
  const code = 'code' in error ? String(error.code) : error.name;
  return new Error(`no connection (${code})`, { cause: error });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    // No encoding is set on the response, so that its chunks are Buffers.
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > maxBodyBytes) throw new Error(`the answer is longer than ${maxBodyBytes} bytes`);
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

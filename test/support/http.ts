import * as http from 'node:http';

/** An answer to a {@link request}. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** How to ask. */
export interface RequestOptions {
  /** A Unix socket's path, in place of the URL's host and port. */
  readonly socketPath?: string;
  readonly method?: string;
  readonly body?: string;
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** `user:password` for basic authentication. */
  readonly auth?: string;
}

/** One HTTP request on a connection of its own; rejects when there is no whole answer in time (default: 5 s). */
export async function request(url: string, options: RequestOptions = {}): Promise<Answer> {
  const { method = 'GET', body, socketPath, auth, headers = {}, timeoutMs = 5_000 } = options;
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      url,
      {
        method,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        ...(socketPath === undefined ? {} : { socketPath }),
        ...(auth === undefined ? {} : { auth }),
        headers: {
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body), 'content-type': 'text/xml' }),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.once('error', reject);
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

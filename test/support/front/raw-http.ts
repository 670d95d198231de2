import * as http from 'node:http';

/** A whole answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request over a Unix socket, on a connection of its own; rejects when there is no whole answer within 10 s. */
export async function rawRequest(
  socketPath: string,
  options: {
    readonly method?: string;
    readonly path?: string;
    readonly body?: string | Buffer;
    readonly auth?: string;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<RawAnswer> {
  const { body, headers = {}, ...request } = options;
  const content = body === undefined ? {} : { 'content-length': Buffer.byteLength(body), 'content-type': 'text/xml' };
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      {
        path: '/RPC2',
        method: body === undefined ? 'GET' : 'POST',
        ...request,
        socketPath,
        agent: false,
        signal: AbortSignal.timeout(10_000),
        headers: { ...content, ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** The document of a call with string and int parameters. */
export function callDocument(method: string, params: readonly (string | number)[] = []): string {
  const values = params.map((param) => {
    const value = typeof param === 'number' ? `<int>${param}</int>` : `<string>${escaped(param)}</string>`;
    return `<param><value>${value}</value></param>`;
  });
  return `<?xml version='1.0'?>\n<methodCall>\n<methodName>${method}</methodName>\n<params>\n${values.join('\n')}\n</params>\n</methodCall>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

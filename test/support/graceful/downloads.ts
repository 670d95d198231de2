import { createHash } from 'node:crypto';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onCleanUp } from '../cleanup.ts';
import { waitFor } from '../wait-for.ts';

const megabyte = Buffer.alloc(1_000_000, 'every byte counts. ');
const firstHalf = megabyte.subarray(0, megabyte.length / 2);

/** How a whole download ends: its status, how many bytes, and which. */
export const whole = `200, ${describe([megabyte])}`;

/** A web server whose downloads stop half-way until they are released; the server that is tested passes them on. */
export interface Downloads {
  readonly port: number;
  /** Begins `/download/NAME` through the server at `url`; resolves when it is half-way. */
  begin(name: string, url: string): Promise<Download>;
}

/** A download that is half-way. */
export interface Download {
  /** How it ended, such as {@link whole}; it never rejects. */
  readonly end: Promise<string>;
  /** Lets it go on. */
  release(): void;
}

/** Starts one on a loopback port; what is no download is answered at once. */
export async function startDownloads(): Promise<Downloads> {
  const halfWay = new Map<string, ServerResponse>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (!path.startsWith('/download/')) return void response.end('ok\n');
    response.writeHead(200, { 'content-length': megabyte.length });
    response.write(firstHalf, () => halfWay.set(path, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanUp(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    // A TCP server that listens has such an address.
    port: (server.address() as AddressInfo).port,
    async begin(name, url) {
      const path = `/download/${name}`;
      const end = download(`${url}${path}`);
      let ended: string | undefined;
      void end.then((how) => {
        ended = how;
      });
      await waitFor(() => halfWay.has(path) || ended !== undefined, { what: `${name} to be half-way` });
      if (ended !== undefined) throw new Error(`the download ${name} ended at once: ${ended}`);
      return { end, release: () => void halfWay.get(path)?.end(megabyte.subarray(firstHalf.length)) };
    },
  };
}

/** What went wrong is how it ended. */
function download(url: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('close', () =>
        resolve(`${response.statusCode}, ${describe(chunks)}${response.complete ? '' : ', and then it was cut off'}`),
      );
      // "close" follows, and tells it.
      response.on('error', () => {});
    });
    request.once('error', (error) => resolve(error.message));
  });
}

function describe(chunks: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return `${chunks.reduce((sum, { length }) => sum + length, 0)} bytes, ${hash.digest('hex').slice(0, 12)}`;
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onCleanUp } from '../cleanup.ts';

/** A web server for probes: the path says what it answers. */
export interface AnsweringServer {
  /** `http://127.0.0.1:PORT`, or `http://localhost` where it listens on a Unix socket. */
  readonly url: string;
  /** The last request. */
  readonly last: IncomingMessage | undefined;
  /** Whether `/ready` answers 200, and not 503. True until it is set. */
  isReady: boolean;
  close(): Promise<void>;
}

/**
 * `/say/TEXT` answers TEXT with status 200, `/status/CODE` answers 7 with that status, `/big` answers 2 MiB of digits,
 * `/cut` breaks off in the middle of its answer, `/reset` resets the connection, `/hang` never answers,
 * `/ready` answers what `isReady` says.
 */
export async function startAnsweringServer(socketPath?: string): Promise<AnsweringServer> {
  let last: IncomingMessage | undefined;
  const server = createServer((request, response) => {
    last = request;
    const [, verb = '', rest = ''] = /^\/(\w+)\/?([^?]*)/.exec(request.url ?? '') ?? [];
    if (verb === 'ready') return void response.writeHead(answering.isReady ? 200 : 503).end();
    answers[verb]?.(response, decodeURIComponent(rest));
  });
  await new Promise<void>((resolve) =>
    socketPath === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(socketPath, resolve),
  );
  const close = async () => {
    forget();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const forget = onCleanUp(close);
  // A server that listens on TCP has such an address.
  const url =
    socketPath === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : 'http://localhost';
  const answering: AnsweringServer = {
    url,
    isReady: true,
    get last() {
      return last;
    },
    close,
  };
  return answering;
}

const answers: Readonly<Record<string, (response: ServerResponse, rest: string) => void>> = {
  say: (response, text) => void response.end(text),
  status: (response, code) => void response.writeHead(Number(code), { location: '/say/0' }).end('7'),
  big: (response) => void response.end('1'.repeat(2 * 1024 * 1024)),
  cut: (response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('1', () => response.destroy());
  },
  reset: (response) => void response.destroy(),
  hang: () => {},
};

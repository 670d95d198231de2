import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onCleanUp } from '../cleanup.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

/** What came in on a connection of its own. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Bytes for bytes: what an answer looks like is up to the test. */
export interface RawSupervisord {
  /** `unix:///…` */
  readonly url: string;
  readonly requests: readonly RawRequest[];
  /** The methods that were called, in their order. */
  calls(): string[];
}

/** Answers one request. */
export type RawAnswer = (request: RawRequest, response: ServerResponse) => void | Promise<void>;

/** An HTTP server in the place of supervisord, until the test ends. */
export async function startRawSupervisord(answer: RawAnswer): Promise<RawSupervisord> {
  const socket = temporaryDirectory().file('raw.sock');
  const requests: RawRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const body = Buffer.concat(await incoming.toArray()).toString('latin1');
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body };
    requests.push(request);
    await answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onCleanUp(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `unix://${socket}`,
    requests,
    calls: () => requests.map(({ body }) => /<methodName>(.*?)<\/methodName>/.exec(body)?.[1] ?? ''),
  };
}

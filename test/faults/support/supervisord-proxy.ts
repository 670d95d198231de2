import { rmSync } from 'node:fs';
import { connect as connectTo, createServer, type Socket } from 'node:net';
import { onCleanUp } from '../../support/cleanup.ts';

/**
 * How what stands in front of supervisord behaves. `passes`: as supervisord does; `moved`: there is no such socket;
 * all others are what a connection gets in place of an answer.
 */
export type SupervisordMode =
  | 'passes'
  | 'moved'
  | 'hangs'
  | 'closes'
  | 'answers 401'
  | 'answers 500'
  | 'answers HTML'
  | 'answers rubbish'
  | 'answers half'
  | 'answers another method';

/** A Unix socket in front of supervisord's, whose behaviour the test changes while drainctl uses it. */
export interface SupervisordProxy {
  readonly mode: SupervisordMode;
  /** From the next connection on; connections that are open are ended, except where it passes. */
  be(mode: SupervisordMode): Promise<void>;
}

const http = (status: string, body: string, headers = 'Content-Type: text/xml\r\n', length = body.length) =>
  `HTTP/1.0 ${status}\r\n${headers}Content-Length: ${length}\r\n\r\n${body}`;

const reply = (value: string) =>
  `<?xml version="1.0"?><methodResponse><params><param><value>${value}</value></param></params></methodResponse>`;

/** What a connection is sent before it is closed; undefined: nothing, and it stays open. */
const answers: Readonly<Record<Exclude<SupervisordMode, 'passes' | 'moved'>, string | undefined>> = {
  hangs: undefined,
  closes: '',
  'answers 401': http('401 Unauthorized', '', 'WWW-Authenticate: Basic realm="default"\r\n'),
  'answers 500': http('500 Internal Server Error', 'oops'),
  'answers HTML': http('200 OK', '<html><body>It works!</body></html>', 'Content-Type: text/html\r\n'),
  'answers rubbish': '\u0001\u0002 no HTTP at all\n',
  'answers half': http('200 OK', reply('<array><data>').slice(0, 90), undefined, 4_000),
  'answers another method': http('200 OK', reply('<string>hello</string>')),
};

/** Listens at `path` and passes on to `target`, until the test ends. */
export async function startSupervisordProxy(path: string, target: string): Promise<SupervisordProxy> {
  let mode: SupervisordMode = 'passes';
  const open = new Set<Socket>();
  const track = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
    return socket;
  };
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    track(socket);
    if (mode === 'passes') {
      const beyond = track(connectTo(target));
      socket.pipe(beyond).pipe(socket);
      socket.once('close', () => beyond.destroy());
      beyond.once('close', () => socket.destroy());
      return;
    }
    const answer = mode === 'moved' ? '' : answers[mode];
    if (answer === '') socket.destroy();
    // Only once it has asked: an answer to a request that was not sent is another fault.
    else socket.once('data', () => answer !== undefined && socket.end(answer, 'latin1'));
  });
  const endConnections = () => {
    for (const socket of open) socket.destroy();
  };
  const listen = () => new Promise<void>((resolve) => server.listen(path, resolve));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  await listen();
  onCleanUp(async () => {
    endConnections();
    if (server.listening) await close();
    rmSync(path, { force: true });
  });
  return {
    get mode() {
      return mode;
    },
    async be(next) {
      const wasThere = server.listening;
      mode = next;
      if (next !== 'passes') endConnections();
      if (next === 'moved' && wasThere) await close();
      if (next !== 'moved' && !wasThere) await listen();
    },
  };
}

import { createServer, type Server, type Socket } from 'node:net';
import { onCleanUp } from '../../support/cleanup.ts';
import { ask } from '../../support/haproxy.ts';
import { type Reaction, reactions, type SocketFault } from './socket-faults.ts';

/** HAProxy's admin socket with a fault in front of it, which tests switch while drainctl uses it. */
export interface FaultySocket {
  readonly path: string;
  /** How many connections have met a fault since the last {@link become}; none is counted while nobody listens. */
  readonly met: number;
  /** From now on; undefined mends it. */
  become(fault: SocketFault | undefined): Promise<void>;
  /** The first line that matches, and all that come after it, meet this fault. */
  becomeAt(pattern: RegExp, fault: SocketFault): void;
  close(): Promise<void>;
}

/** Listens on `path` and passes lines on to the real socket at `target`, except as the present fault says. */
export async function startFaultySocket(path: string, target: string): Promise<FaultySocket> {
  const open = new Set<Socket>();
  let fault: SocketFault | undefined;
  let armed: { readonly pattern: RegExp; readonly fault: SocketFault } | undefined;
  let met = 0;
  let server: Server | undefined;

  function serve(socket: Socket, line: string): void {
    if (armed?.pattern.test(line) === true) {
      fault = armed.fault;
      armed = undefined;
      met = 0;
    }
    if (fault !== undefined) met += 1;
    if (fault === 'refused') return void unlisten();
    const reaction: Reaction = fault === undefined ? reactions.none : reactions[fault];
    reaction(socket, line, (text) => ask(target, text));
  }

  async function listen(): Promise<void> {
    if (server !== undefined) return;
    const started = createServer({ allowHalfOpen: true }, (socket) => {
      open.add(socket);
      let text = '';
      socket.on('error', () => {}).once('close', () => open.delete(socket));
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        const hadLine = text.includes('\n');
        text += chunk;
        if (!hadLine && text.includes('\n')) serve(socket, text.slice(0, text.indexOf('\n')));
      });
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(path, resolve));
  }

  /** Node removes the socket's file, so that nobody finds it any more. */
  async function unlisten(): Promise<void> {
    const ended = server;
    server = undefined;
    for (const socket of open) socket.destroy();
    if (ended !== undefined) await new Promise((resolve) => ended.close(resolve));
  }

  await listen();
  const forget = onCleanUp(() => faulty.close());
  const faulty: FaultySocket = {
    path,
    get met() {
      return met;
    },
    async become(next) {
      fault = next;
      armed = undefined;
      met = 0;
      // Whoever waits for an answer that the last fault withholds goes on waiting: that is what it was like.
      if (next === 'refused') await unlisten();
      else await listen();
    },
    becomeAt(pattern, next) {
      armed = { pattern, fault: next };
    },
    async close() {
      forget();
      await unlisten();
    },
  };
  return faulty;
}

import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { onCleanUp } from '../cleanup.ts';

/** What came of bytes that were sent on a connection. */
export interface RawOutcome {
  /** All that the server sent, as Latin-1. */
  readonly answer: string;
  /** The server has ended the connection, or reset it; false: the deadline passed before. */
  readonly closed: boolean;
}

/** A server that waits for more than was sent says nothing for so long. */
const silenceMs = 150;

/**
 * Sends bytes as they are on a connection of its own to a Unix socket and reads what comes; after a silence it ends the
 * sending half, and waits until the server has closed the connection, at most `timeoutMs`.
 */
export async function sendRaw(socketPath: string, bytes: Buffer, timeoutMs: number): Promise<RawOutcome> {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  let answer = '';
  return new Promise((resolve) => {
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      clearTimeout(silence);
      socket.destroy();
      resolve({ answer, closed });
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    const silence = setTimeout(() => socket.end(), silenceMs);
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
      silence.refresh();
    });
    // A server that refuses a request may reset the connection before all of it was sent.
    socket.once('error', () => finish(true));
    socket.once('end', () => finish(true));
    socket.write(bytes);
  });
}

/** How a client plays badly: it never ends its half of the connection, whatever it sends. */
export interface BadPlay {
  /** Sent at once. */
  readonly first: string;
  /** Then a character of this every 200 ms. */
  readonly drip?: string;
  /** It reads nothing. */
  readonly deaf?: boolean;
}

const dripMs = 200;

/**
 * Opens a connection to a Unix socket and plays badly on it, until the server ends it or the test does. Comes back when
 * it is connected: in the queue of the server, which takes connections in their order.
 */
export async function playBadly(socketPath: string, { first, drip = '', deaf = false }: BadPlay): Promise<void> {
  const socket: Socket = connect({ path: socketPath, allowHalfOpen: true });
  let at = 0;
  const timer = setInterval(() => {
    if (at < drip.length) socket.write(drip.charAt(at++));
  }, dripMs);
  const end = () => {
    clearInterval(timer);
    socket.destroy();
    forget();
  };
  const forget = onCleanUp(end);
  for (const event of ['error', 'end', 'close']) socket.once(event, end);
  if (!deaf) socket.resume();
  const connected = once(socket, 'connect');
  socket.write(first);
  await connected;
}

/** How many sockets a process has open. */
export function openSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  const links = readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((link) => link.startsWith('socket:')).length;
}

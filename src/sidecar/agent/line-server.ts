import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../../log.ts';
import { Seldom } from '../../rpc/seldom.ts';
import { monotonicMs } from '../../time.ts';
import type { Reply } from './desk.ts';

/** Longer is no name of a server. */
const longestLineBytes = 512;

/** HAProxy itself gives up after `agent-inter`. */
const defaultPatienceMs = 2_000;

/** Who only looks whether the port is open closes sooner. */
const defaultSilenceMs = 100;

/** So many are told of, each once. */
const mostTold = 64;

/** What a {@link createLineServer} works with. */
export interface LineServerOptions {
  /** The answer to a line that came from this address; undefined: it is not understood. */
  readonly answer: (line: string, remoteAddress: string) => Reply | undefined;
  /** Makes room for one more connection, and is told when it has closed. */
  readonly admit: (socket: Socket) => void;
  readonly log: Log;
  /** A connection may take so long, from its begin to its end, in milliseconds. Default: 2,000. */
  readonly patienceMs?: number;
  /** One that says nothing for so long is told of, in milliseconds. Default: 100. */
  readonly silenceMs?: number;
}

/**
 * Answers one line on each connection, as HAProxy's agent-check wants it: HAProxy sends a line, reads one, and resets the
 * connection as soon as it has acted on it. So the connection is left open after the answer: that the other side
 * closes it is the sign that the answer was taken. It is cut off where it takes too long, or its line is too long.
 */
export function createLineServer(options: LineServerOptions): Server {
  const { answer, admit, log, patienceMs = defaultPatienceMs, silenceMs = defaultSilenceMs } = options;
  const garbled = new Seldom((times, address) =>
    log.warn(`agent checks were not understood: ${address} sends no BACKEND/SERVER; see agent-send in haproxy.cfg`, {
      times,
    }),
  );
  const told = new Set<string>();
  const onUnasked = (address: string, what: string) => {
    const message = `${address} connects for an agent check and ${what}: its server lines in haproxy.cfg need agent-send "BACKEND/SERVER\\n", in double quotes and with the \\n`;
    if (told.has(message) || told.size >= mostTold) return;
    told.add(message);
    log.warn(message);
  };
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const { remoteAddress } = socket;
    // It has gone already, and nobody knows who it was.
    if (remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    admit(socket);
    if (!socket.destroyed)
      serveLine(socket, remoteAddress, {
        answer,
        patienceMs,
        silenceMs,
        onGarbled: (address) => garbled.happened(address),
        onUnasked,
      });
  });
}

interface LineHandlers extends Pick<LineServerOptions, 'answer'> {
  readonly patienceMs: number;
  readonly silenceMs: number;
  readonly onGarbled: (address: string) => void;
  /** It said nothing that could be answered. */
  readonly onUnasked: (address: string, what: string) => void;
}

function serveLine(socket: Socket, address: string, handlers: LineHandlers): void {
  const { answer, patienceMs, silenceMs, onGarbled, onUnasked } = handlers;
  const openedAtMs = monotonicMs();
  let text = '';
  /** Its line was read; nothing more is. */
  let isAnswered = false;
  let onTaken: Reply['onTaken'] | undefined;
  const timer = setTimeout(() => close(false), patienceMs);

  function close(byTheOther: boolean): void {
    clearTimeout(timer);
    if (byTheOther) onTaken?.(monotonicMs());
    onTaken = undefined;
    if (text === '' && monotonicMs() - openedAtMs >= silenceMs) onUnasked(address, 'says nothing');
    if (text !== '' && !isAnswered) onUnasked(address, 'does not end its line');
    isAnswered = true;
    socket.destroy();
  }

  function onData(chunk: string): void {
    if (isAnswered) return;
    text += chunk;
    const end = text.search(/[\r\n]/);
    if (end < 0 && text.length <= longestLineBytes) return;
    isAnswered = true;
    const reply = end < 0 || end > longestLineBytes ? undefined : answer(text.slice(0, end), address);
    if (reply !== undefined) {
      onceStillThere(socket, () => send(reply));
    } else {
      onGarbled(address);
      close(false);
    }
  }

  function send(reply: Reply): void {
    onTaken = reply.onTaken;
    socket.write(reply.text);
  }

  socket.setEncoding('latin1');
  socket.on('data', onData);
  socket.once('end', () => close(true));
  socket.once('error', () => close(true));
  socket.once('close', () => close(false));
}

/**
 * Works in the next turn but one, where the other side has not closed until then: one that gave up while this process had
 * no time for it must not count as told. Its end lies behind its line, and the event loop reads the two in different turns.
 */
function onceStillThere(socket: Socket, work: () => void): void {
  setImmediate(() => setImmediate(() => (socket.destroyed ? undefined : work())));
}

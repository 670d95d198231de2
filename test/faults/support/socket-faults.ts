import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What can be wrong with HAProxy's admin socket. */
export const socketFaults = [
  'refused',
  'silent',
  'half a line',
  'closed',
  'slow',
  'denied',
  'renamed',
  'ignored',
  'html',
  'rubbish',
  'endless',
] as const;

/** One of {@link socketFaults}. */
export type SocketFault = (typeof socketFaults)[number];

/** What becomes of a connection that sent `line`; `real` asks HAProxy itself. */
export type Reaction = (socket: Socket, line: string, real: (text: string) => Promise<string>) => void;

/** How long the slow one takes over an answer: longer than the driver's default `timeout`. */
export const slowMs = 3_000;

const page = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<!doctype html>\n<html>\n\n<body>\n\n<h1>400</h1>\n\n</body>\n\n</html>\n\n`;

/** Bytes that are no text in any encoding, the same each time, with line ends among them. */
const rubbish = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * index * 31 + index * 7) % 256));

/** What each fault does. `refused` is not here: nobody is there who could react. */
export const reactions: Readonly<Record<'none' | Exclude<SocketFault, 'refused'>, Reaction>> = {
  none: (socket, line, real) => answer(socket, real(line)),
  silent: () => {},
  'half a line': (socket, line, real) => answer(socket, real(line).then(halfOf)),
  closed: (socket) => socket.end(),
  slow: (socket, line, real) =>
    answer(
      socket,
      delay(slowMs, undefined, { ref: false }).then(() => real(line)),
    ),
  denied: (socket, line, real) => answer(socket, answerEach(line, real, deny)),
  renamed: (socket, line, real) => answer(socket, answerEach(line, real, rename)),
  ignored: (socket, line, real) => answer(socket, answerEach(line, real, ignore)),
  html: (socket) => socket.end(page),
  rubbish: (socket) => socket.end(rubbish),
  endless: (socket) => pour(socket),
};

/** One command's answer in place of HAProxy's, with the empty line that ends it; undefined: HAProxy's own. */
type Substitute = (command: string, real: (text: string) => Promise<string>) => Promise<string> | undefined;

const isChange = (command: string) => command.startsWith('set server');

const deny: Substitute = (command) => (isChange(command) ? Promise.resolve('Permission denied\n\n') : undefined);

/** Says nothing, as HAProxy does when it has done it. */
const ignore: Substitute = (command) => (isChange(command) ? Promise.resolve('\n') : undefined);

/** No `web_` server is known any more by its name. */
const rename: Substitute = (command, real) => {
  if (isChange(command)) return Promise.resolve('No such server.\n\n');
  return real(command).then((text) => text.replaceAll(/\bweb_(?=\d\d\b)/g, 'renamed_'));
};

async function answerEach(
  line: string,
  real: (text: string) => Promise<string>,
  substitute: Substitute,
): Promise<string> {
  const answers: string[] = [];
  for (const command of line.split(';')) answers.push(await (substitute(command, real) ?? real(command)));
  return answers.join('');
}

function answer(socket: Socket, text: Promise<string>): void {
  text.then(
    (whole) => socket.end(whole),
    () => socket.destroy(),
  );
}

/** Ends in the middle of its longest line: that is where most answers break off. */
function halfOf(text: string): string {
  return text.slice(0, Math.max(1, Math.floor(text.trimEnd().length / 2)));
}

/** Writes for as long as somebody reads. */
function pour(socket: Socket): void {
  const lines = Buffer.from(`${'x'.repeat(99)}\n\n`.repeat(640));
  const more = () => {
    while (!socket.destroyed && socket.write(lines));
  };
  socket.on('drain', more);
  more();
}

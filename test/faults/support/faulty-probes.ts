import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { onCleanUp } from '../../support/cleanup.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

/** What a probe is told, each time that it asks; `turn` counts from 0. */
export type Answer = (response: ServerResponse, turn: number) => void;

/** A web server whose answers, the same on every path, are what the test says at the moment. */
export interface ScriptedServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** From now on; turns count from 0 again. */
  answerWith(answer: Answer): void;
}

/** Starts one; it says 0 until it is told something else. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  let [answer, turn]: [Answer, number] = [says('0'), 0];
  const server = createServer((_, response) => {
    response.on('error', () => {});
    answer(response, turn++);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanUp(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    // A server that listens on TCP has such an address.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answerWith(next) {
      [answer, turn] = [next, 0];
    },
  };
}

/** Answers with this text and status 200. */
export function says(text: string): Answer {
  return (response) => void response.end(text);
}

/** One answer after the other; the last one for ever. */
export function inTurn(...answers: readonly Answer[]): Answer {
  return (response, turn) => (answers[turn] ?? answers.at(-1))?.(response, turn);
}

/** What an HTTP server can do wrong, by what it does. */
export const brokenAnswers = {
  hangs: () => {},
  'answers 500 with a 0': (response) => void response.writeHead(500).end('0'),
  'answers 204': (response) => void response.writeHead(204).end(),
  'redirects to a 0': (response) =>
    void response.writeHead(response.req.url === '/0' ? 200 : 302, { location: '/0' }).end('0'),
  'closes at once': (response) => void response.destroy(),
  'breaks off': (response) => {
    response.writeHead(200, { 'content-length': 2 });
    response.write('0', () => response.destroy());
  },
  'never ends its answer': (response) => void response.write('0'),
  'sends without an end': (response) => {
    const more = () => {
      if (!response.destroyed) response.write('0'.repeat(64 * 1024), more);
    };
    more();
  },
  'sends a zipped 0': (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('0')),
} as const satisfies Record<string, Answer>;

/** Texts that are no whole number of 0 or more; some of them are 0 to a lenient reader. */
export const badTexts = {
  negative: '-1',
  'minus zero': '-0',
  NaN: 'NaN',
  Infinity: 'Infinity',
  '1e308': '1e308',
  '2^64': '18446744073709551616',
  hexadecimal: '0x0',
  'two numbers': '0\n1',
  'Arabic digits': '٠',
  exponent: '1e0',
  decimals: '0.0',
  'a unit': '0 jobs',
  HTML: '<html><body>0</body></html>',
  null: 'null',
  'a NUL byte': '0\0',
  'a byte order mark and more': '\uFEFF0;',
} as const;

/** An executable for the probe `exec`, whose lines the test changes. */
export interface ScriptedCommand {
  readonly command: readonly string[];
  /** From now on: lines of sh. */
  run(lines: string): void;
}

/** Makes one; it prints 0 until it is told something else. */
export function scriptedCommand(directory: TemporaryDirectory): ScriptedCommand {
  const run = (lines: string) => void directory.write('probe.sh', `${lines}\n`);
  run('echo 0');
  return { command: ['/bin/sh', directory.file('probe.sh')], run };
}

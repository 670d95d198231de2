import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createLineServer } from '../../../../src/sidecar/agent/line-server.ts';
import { onCleanUp } from '../../../support/cleanup.ts';
import { type RecordingLog, recordingLog } from '../../../support/doubles/recording-log.ts';
import { waitFor } from '../../../support/wait-for.ts';

/** A server that answers `HEARD line`, and what has come of it. */
async function start(patienceMs: number) {
  const log: RecordingLog = recordingLog();
  const asked: string[] = [];
  const taken: string[] = [];
  const server = createLineServer({
    answer(line) {
      asked.push(line);
      return { text: `heard ${line}\n`, onTaken: () => void taken.push(line) };
    },
    admit: () => {},
    log,
    patienceMs,
    silenceMs: patienceMs / 2,
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanUp(() => void server.close());
  const { port } = server.address() as AddressInfo; // as: it listens on TCP
  return {
    log,
    asked,
    taken,
    connect: () =>
      connect(port, '127.0.0.1')
        .setEncoding('utf8')
        .on('error', () => {}),
  };
}

test('an answer is taken when the asker closes, in whichever way', async () => {
  const { connect: open, taken } = await start(10_000);
  const [resets, ends] = [open(), open()];
  resets.write('a/1\n');
  ends.write('a/2\r\n');

  expect(await once(resets, 'data')).toEqual(['heard a/1\n']);
  await once(ends, 'data');
  expect(taken).toEqual([]);
  resets.resetAndDestroy();
  ends.end();

  await waitFor(() => taken.length === 2, { what: 'both to be taken' });
  expect([...taken].sort()).toEqual(['a/1', 'a/2']);
});

test('an answer that nobody waits for any more is not taken', async () => {
  const { connect: open, asked, taken } = await start(10_000);
  const socket = open().resume();
  await once(socket, 'connect');
  // The line and the end arrive together, as from one that gave up long ago.
  socket.end('a/1\n');
  await once(socket, 'close');

  expect(asked).toEqual(['a/1']);
  expect(taken).toEqual([]);
});

test('an asker that stays is cut off, and has not taken its answer', async () => {
  // Long enough for the line to have come, also where this process stands still for a moment.
  const { connect: open, asked, taken } = await start(1_000);
  const socket = open().resume();
  socket.write('a/1\n');
  await once(socket, 'close');

  expect(asked).toEqual(['a/1']);
  expect(taken).toEqual([]);
});

test('one that says nothing is cut off, and it is told once what haproxy.cfg lacks', async () => {
  const { connect: open, log } = await start(200);
  const sockets = [open(), open()];
  await Promise.all(sockets.map((socket) => once(socket, 'close')));

  expect(log.messages('warn')).toEqual([expect.stringContaining('need agent-send "BACKEND/SERVER\\n"')]);
});

test('one that only looks whether the port is open is worth no word', async () => {
  const { connect: open, log } = await start(10_000);
  const socket = open();
  await once(socket, 'connect');
  socket.resetAndDestroy();
  const next = open();
  next.write('a/1\n');
  await once(next, 'data');
  next.destroy();

  expect(log.lines).toEqual([]);
});

test.each([
  ['goes', (socket: Socket) => socket.end()],
  ['waits for an answer', () => {}],
])('one that does not end its line and %s is told of, with what haproxy.cfg lacks', async (_, then) => {
  const { connect: open, asked, log } = await start(200);
  const socket = open();
  await once(socket, 'connect');
  await new Promise<void>((resolve) => socket.write('app/web_00\\n', () => resolve()));
  then(socket);
  await waitFor(() => log.lines.length > 0, { what: 'a word of it' });

  expect(asked).toEqual([]);
  expect(log.messages('warn')).toEqual([
    expect.stringMatching(/does not end its line.*agent-send "BACKEND\/SERVER\\n"/),
  ]);
});

test('a line without an end is cut off', async () => {
  const { connect: open, asked, log } = await start(10_000);
  const socket = open();
  socket.write('x'.repeat(600));
  await once(socket, 'close');

  expect(asked).toEqual([]);
  expect(log.messages('warn')).toEqual([expect.stringContaining('were not understood')]);
});

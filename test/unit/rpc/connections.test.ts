import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type Exchange, send } from '../../../src/rpc/exchange.ts';
import { createHttpServer } from '../../../src/rpc/http-server.ts';
import type { RpcServerLimits } from '../../../src/rpc/limits.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { recordingLog } from '../../support/doubles/recording-log.ts';
import { waitFor } from '../../support/wait-for.ts';

const answerHello = async (exchange: Exchange) => send(exchange, 200, 'text/plain', 'hello');

async function serve(limits: Partial<RpcServerLimits>, handle: (exchange: Exchange) => Promise<void> = answerHello) {
  const log = recordingLog();
  const server = createHttpServer({ handle, log, limits });
  const url = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  onCleanUp(() => server.close(0));
  return { port: Number(url.port), log };
}

/** A connection that is freed with the test, and what came in on it. */
function open(port: number) {
  const socket = connect(port, '127.0.0.1');
  const received: string[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk.toString()));
  socket.on('error', () => {});
  onCleanUp(() => void socket.destroy());
  return { socket, text: () => received.join('') };
}

const ended = (socket: Socket) => (socket.closed ? Promise.resolve() : once(socket, 'close'));
const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('connections', () => {
  test('of one client are limited', async () => {
    const { port, log } = await serve({ maxConnectionsPerClient: 2 });
    const sockets = [open(port), open(port)];
    for (const { socket } of sockets) socket.write(get);
    await waitFor(() => sockets.every(({ text }) => text().includes('hello')), { what: 'two answers' });

    await ended(open(port).socket);

    expect(log.messages('warn')).toEqual([
      'connections were refused: 127.0.0.1 has 2 open, the most that one address may have',
    ]);
  });

  test('that only wait give way to those that ask', async () => {
    const { port } = await serve({ maxConnections: 1 });
    const idle = open(port);
    idle.socket.write(get);
    await waitFor(() => idle.text().includes('hello'), { what: 'an answer' });

    open(port);

    await ended(idle.socket);
    const next = open(port);
    next.socket.write(get);
    await waitFor(() => next.text().includes('hello'), { what: 'an answer to the next' });
  });

  test('are closed after so many calls', async () => {
    const { port } = await serve({ maxCallsPerConnection: 2 });
    const { socket, text } = open(port);

    socket.write(get + get);

    await waitFor(() => text().match(/hello/g)?.length === 2, { what: 'two answers' });
    expect(text()).toContain('Connection: close');
  });

  test('that are idle for too long are closed', async () => {
    const { port } = await serve({ idleTimeoutMs: 100 });
    const { socket } = open(port);

    socket.write(get);

    await ended(socket);
  });

  test('whose client does not read are cut off', async () => {
    const { port, log } = await serve({ sendTimeoutMs: 200 }, async (exchange) =>
      send(exchange, 200, 'text/plain', Buffer.alloc(64 * 2 ** 20)),
    );
    const { socket } = open(port);
    socket.pause();

    socket.write(get);

    await waitFor(() => log.messages('warn').length > 0, { what: 'the warning' });
    expect(log.messages('warn')).toContain('clients were cut off: they did not read');
  });
});

test('the calls of one connection are carried out one after another', async () => {
  let underWay = 0;
  let atMost = 0;
  const { port } = await serve({}, async (exchange) => {
    underWay += 1;
    atMost = Math.max(atMost, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return answerHello(exchange);
  });
  const { socket, text } = open(port);

  socket.write(get.repeat(20));

  await waitFor(() => text().match(/hello/g)?.length === 20, { what: 'twenty answers' });
  expect(atMost).toBe(1);
});

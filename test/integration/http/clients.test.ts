import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { onCleanUp } from '../../support/cleanup.ts';
import { request } from '../../support/http.ts';
import { startHttpStack } from '../../support/http-stack.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Connections that send this much of a request, and then nothing more. */
async function openConnections(url: string, count: number, text: string): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(Number(new URL(url).port), '127.0.0.1'));
  onCleanUp(async () => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) socket.on('error', () => {}).resume();
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write(text);
  return sockets;
}

test('connections that say nothing, half of it, or too slowly keep nobody from an answer, and are closed', async () => {
  await using stack = await startHttpStack({ processes: 1 });
  const half = await Promise.all(
    [
      '',
      'GET /heal',
      'GET /metrics HTTP/1.1\r\nHost: x\r\n',
      'POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{',
    ].map((text) => openConnections(stack.httpUrl, 50, text)),
  );

  const startedAt = performance.now();
  const answer = await request(`${stack.httpUrl}/health`);
  const ms = performance.now() - startedAt;

  expect(answer.status).toBe(200);
  // Those that send too slowly have ten.
  expect(ms).toBeLessThan(5_000);
  await waitFor(() => half.flat().every((socket) => socket.closed), {
    what: 'the end of all of them',
    timeoutMs: 60_000,
  });
  expect((await request(`${stack.httpUrl}/health`)).status).toBe(200);
});

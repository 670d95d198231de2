import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../../../src/log.ts';
import { createHttpServer, type RpcServer } from '../../../../src/rpc/http-server.ts';
import { answer } from '../../../../src/sidecar/http/answer.ts';
import type { Health } from '../../../../src/sidecar/http/health.ts';
import { request } from '../../../support/http.ts';
import { waitFor } from '../../../support/wait-for.ts';

const servers: RpcServer[] = [];

/** What was told of answers that have gone out. */
const answered: (readonly string[])[] = [];

afterEach(async () => {
  answered.length = 0;
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

const healths = new Map<string, Health>([
  ['web', { state: 'up', why: '1 up, 1 draining, 0 down' }],
  ['web:web_00', { state: 'up', why: 'supervisord says RUNNING' }],
  ['web:web_01', { state: 'draining', why: 'on hold: heap dump' }],
  ['web:ünï', { state: 'down', why: 'supervisord says FATAL' }],
]);

/** A server of these healths; resolves with its url. */
async function serve(overall: Health = { state: 'up', why: 'supervisord answers' }, known = healths): Promise<string> {
  const health = { overall: () => overall, find: (name: string) => known.get(name), names: () => [...known.keys()] };
  const onAnswered = (...told: readonly string[]) => void answered.push(told);
  const scrape = async () => ({ type: 'text/plain; version=0.0.4', text: 'drainctl_up 1\n' });
  const server = createHttpServer({
    handle: (exchange) => answer(exchange, { health, onAnswered, scrape }),
    log: silentLog,
  });
  servers.push(server);
  return server.listen({ host: '127.0.0.1', port: 0 });
}

describe('a health', () => {
  test.each([
    ['/health', 200, 'up\nsupervisord answers\n'],
    ['/health/web', 200, 'up\n1 up, 1 draining, 0 down\n'],
    ['/health/web:web_00', 200, 'up\nsupervisord says RUNNING\n'],
    ['/health/web%3Aweb_00', 200, 'up\nsupervisord says RUNNING\n'],
    ['/health/web:web_00?from=lb', 200, 'up\nsupervisord says RUNNING\n'],
    ['/health/web:web_01', 503, 'draining\non hold: heap dump\n'],
    ['/health/web:%C3%BCn%C3%AF', 503, 'down\nsupervisord says FATAL\n'],
  ])('%s: %i', async (path, status, body) => {
    expect(await request(`${await serve()}${path}`)).toEqual({ status, body });
  });

  test.each<[Health['state'], number]>([
    ['up', 200],
    ['draining', 503],
    ['down', 503],
  ])('of the whole that is %s has status %i', async (state, status) => {
    expect(await request(`${await serve({ state, why: 'because' })}/health`)).toEqual({
      status,
      body: `${state}\nbecause\n`,
    });
  });

  test('of a process is told to who keeps whom it went to; others are not', async () => {
    const url = await serve();
    for (const path of ['/health/web:web_00', '/health/web:web_01', '/health/web', '/health', '/health/web:nobody']) {
      await request(`${url}${path}`);
    }
    await waitFor(() => answered.length >= 2, { what: 'the answers to be told' });
    expect(answered).toEqual([
      ['web:web_00', '127.0.0.1', 'in'],
      ['web:web_01', '127.0.0.1', 'out'],
    ]);
  });

  test('is given to HEAD by its status alone', async () => {
    expect(await request(`${await serve()}/health/web:web_01`, { method: 'HEAD' })).toEqual({ status: 503, body: '' });
  });

  test('is not kept by anybody on the way', async () => {
    const { headers } = await fetch(`${await serve()}/health`);

    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('of a process is that of the whole while no process is known: it can not be said to be unknown', async () => {
    const url = await serve({ state: 'down', why: 'supervisord was not asked yet' }, new Map());

    expect(await request(`${url}/health/web:web_00`)).toEqual({
      status: 503,
      body: 'down\nsupervisord was not asked yet\n',
    });
  });
});

describe('what is not there', () => {
  test.each([
    ['/health/web:web_02', 'supervisord has no process or group "web:web_02"; did you mean "web:web_00"?\n'],
    [
      '/health/nothing-like-it',
      'supervisord has no process or group "nothing-like-it"; "drainctl status" lists the names\n',
    ],
    ['/', 'There is nothing here; GET /health, /health/GROUP, /health/GROUP:NAME and /metrics are answered.\n'],
    ['/health/', 'There is nothing here; GET /health, /health/GROUP, /health/GROUP:NAME and /metrics are answered.\n'],
    [
      '/health/a/b',
      'There is nothing here; GET /health, /health/GROUP, /health/GROUP:NAME and /metrics are answered.\n',
    ],
    [
      '/health/%zz',
      'There is nothing here; GET /health, /health/GROUP, /health/GROUP:NAME and /metrics are answered.\n',
    ],
  ])('%s: 404 with a sentence', async (path, body) => {
    expect(await request(`${await serve()}${path}`)).toEqual({ status: 404, body });
  });

  test('a name of thousands of letters is not compared with all that there are', async () => {
    const { status, body } = await request(`${await serve()}/health/${'x'.repeat(8_000)}`);

    expect({ status, length: body.length }).toEqual({ status: 404, length: expect.any(Number) });
    expect(body.length).toBeLessThan(400);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s: 405', async (method) => {
    const { status, body } = await request(`${await serve()}/health`, { method });

    expect({ status, body }).toEqual({
      status: 405,
      body: 'Only GET /health, /health/GROUP, /health/GROUP:NAME and /metrics are answered.\n',
    });
  });

  test('what is no HTTP at all: 400, and the next one is answered', async () => {
    const url = await serve();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('\x16\x03\x01\x02\x00\x01\r\n\r\n');

    const said = (await socket.toArray()).join('');

    expect(said).toMatch(/^HTTP\/1\.1 400 /);
    expect((await request(`${url}/health`)).status).toBe(200);
  });
});

test('the metrics are there', async () => {
  expect(await request(`${await serve()}/metrics`)).toEqual({ status: 200, body: 'drainctl_up 1\n' });
});

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { DrainctlError } from '../../../src/errors.ts';
import { type Log, silentLog } from '../../../src/log.ts';
import { rpcCall } from '../../../src/rpc/client.ts';
import { encodeCall } from '../../../src/rpc/encode.ts';
import type { RpcServer } from '../../../src/rpc/http-server.ts';
import type { RpcServerLimits } from '../../../src/rpc/limits.ts';
import type { RpcMethod } from '../../../src/rpc/methods.ts';
import { RpcFault, type RpcValue } from '../../../src/rpc/rpc.ts';
import { createRpcServer } from '../../../src/rpc/server.ts';
import { waitFor } from '../../support/wait-for.ts';

const servers: RpcServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

/** A server on a free port with the methods of a test; resolves with its url. */
async function serve(
  methods: Record<string, Partial<RpcMethod>>,
  { limits = {}, log = silentLog }: { limits?: Partial<RpcServerLimits>; log?: Log } = {},
): Promise<string> {
  const complete = Object.entries(methods).map(([name, method]): [string, RpcMethod] => [
    name,
    { help: '', signature: ['string'], handle: () => 'done', ...method },
  ]);
  const server = createRpcServer({ methods: new Map(complete), log, limits });
  servers.push(server);
  return server.listen({ host: '127.0.0.1', port: 0 });
}

const call = (url: string, method: string, ...params: RpcValue[]) =>
  rpcCall({ url }, method, params, { timeoutMs: 5_000 });

const faultFrom = (url: string, method: string, ...params: RpcValue[]) =>
  call(url, method, ...params).then(
    (result) => expect.fail(`no fault but ${JSON.stringify(result)}`),
    (error: unknown) => error,
  );

/** Sends what `rpcCall` never would. */
async function send(url: string, path: string, method: string, body = '', headers: Record<string, string> = {}) {
  const [response]: IncomingMessage[] = await once(
    request(`${url}${path}`, { method, agent: false, headers }).end(body),
    'response',
  );
  const text = (await response?.toArray())?.join('') ?? '';
  return { status: response?.statusCode, text, headers: response?.headers };
}

describe('a call', () => {
  test('gives the method its parameters, and the client its result', async () => {
    const url = await serve({
      echo: { signature: ['array', 'string', 'int'], handle: (params) => [...params, 'ünï'] },
    });
    expect(await call(url, 'echo', 'a', 1)).toStrictEqual(['a', 1, 'ünï']);
  });

  test('of an unknown method is fault 1', async () => {
    const url = await serve({});
    expect(await faultFrom(url, 'a.b')).toStrictEqual(new RpcFault(1, 'UNKNOWN_METHOD: a.b'));
  });

  test.each([
    ['too few', [], 'stop takes 1 to 2 parameters, not 0'],
    ['too many', ['a', true, 1], 'stop takes 1 to 2 parameters, not 3'],
    ['another type', ['a', 'yes'], 'stop: parameter 2 is of type string, not boolean'],
    ['a struct for a string', [{}], 'stop: parameter 1 is of type struct, not string'],
  ] satisfies [string, RpcValue[], string][])('with %s is fault 2', async (_, params, text) => {
    const url = await serve({ stop: { signature: ['string', 'string', 'boolean'], optionalParams: 1 } });
    expect(await faultFrom(url, 'stop', ...params)).toStrictEqual(new RpcFault(2, `INCORRECT_PARAMETERS: ${text}`));
  });

  test('may leave out what is optional', async () => {
    const url = await serve({ stop: { signature: ['string', 'string', 'boolean'], optionalParams: 1 } });
    expect(await call(url, 'stop', 'a')).toBe('done');
  });

  test('is not judged where the method judges by itself', async () => {
    const url = await serve({ pass: { unchecked: true, handle: (params) => params.length } });
    expect(await call(url, 'pass', 1, 'two', [3])).toBe(3);
  });

  test('answers with the fault that a method throws', async () => {
    const fault = new RpcFault(70, 'NOT_RUNNING: web');
    const url = await serve({ stop: { handle: () => Promise.reject(fault) } });
    expect(await faultFrom(url, 'stop')).toStrictEqual(fault);
  });

  test('answers with the error that a method throws as a fault of ours', async () => {
    const error = new DrainctlError('POOL_REFUSED', 'refused', { hint: 'Set level admin.' });
    const url = await serve({ stop: { handle: () => Promise.reject(error) } });
    expect(await faultFrom(url, 'stop')).toStrictEqual(new RpcFault(1014, 'POOL_REFUSED: refused\nSet level admin.'));
  });

  test.each([
    ['throws', () => JSON.parse('{')],
    ['gives what XML-RPC has no value for', () => Number.NaN],
  ])('of a method that %s is INTERNAL, and is logged with its stack', async (_, handle) => {
    const logged: unknown[] = [];
    const log = { ...silentLog, error: (message: string, fields: unknown) => logged.push(message, fields) };
    const url = await serve({ buggy: { handle } }, { log });
    expect(await faultFrom(url, 'buggy')).toMatchObject({ faultCode: 1030 });
    expect(logged).toMatchObject([
      'an XML-RPC method failed',
      { method: 'buggy', stack: expect.stringContaining('at ') },
    ]);
  });

  test.each(['', 'noise', '<methodCall>', '<methodResponse></methodResponse>', '\u0000\u0001'])(
    'that is no XML-RPC (%j) is a fault',
    async (body) => {
      const url = await serve({});
      expect((await send(url, '/RPC2', 'POST', body)).text).toContain('RPC_PROTOCOL: not an XML-RPC call');
    },
  );

  test('may come in chunks', async () => {
    const url = await serve({ a: {} });
    const reply = await send(url, '/RPC2', 'POST', encodeCall('a', []), { 'Transfer-Encoding': 'chunked' });
    expect(reply).toMatchObject({ status: 200, text: expect.stringContaining('done') });
  });
});

describe('what is no call', () => {
  test('to another path is 404', async () => {
    const url = await serve({});
    expect(await send(url, '/', 'POST')).toMatchObject({ status: 404, text: expect.stringContaining('/RPC2') });
  });

  test('by another method is 405', async () => {
    const url = await serve({});
    expect(await send(url, '/RPC2', 'GET')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  });

  test('with a longer body than allowed is 413, by its header alone', async () => {
    const url = await serve({}, { limits: { maxBodyBytes: 100 } });
    expect(await send(url, '/RPC2', 'POST', '', { 'Content-Length': '101' })).toMatchObject({ status: 413 });
  });

  test('with a longer body than allowed is 413 when it comes in chunks', async () => {
    const url = await serve({}, { limits: { maxBodyBytes: 100 } });
    const reply = await send(url, '/RPC2', 'POST', 'x'.repeat(101), { 'Transfer-Encoding': 'chunked' });
    expect(reply).toMatchObject({ status: 413 });
  });

  test.each([
    ['a client that says nothing', ''],
    ['a client that stops within its headers', 'POST /RPC2 HTTP/1.1\r\nHost: a\r\n'],
    ['a client that stops within its body', 'POST /RPC2 HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n<methodCall>'],
  ])('from %s ends at the time limit', async (_, sent) => {
    const url = new URL(await serve({}, { limits: { headersTimeoutMs: 300, requestTimeoutMs: 600 } }));
    const socket = connect(Number(url.port), url.hostname);
    socket.write(sent);
    socket.resume();
    await once(socket, 'close');
    // The limits are so short that they may be over for this call too, where this process stands still for a moment.
    const isAnswered = async () =>
      String(await call(url.origin, 'system.none').catch(String)).includes('UNKNOWN_METHOD');
    await waitFor(isAnswered, { what: 'an answer to the next call' });
  });

  test('that is not even HTTP leaves the server working', async () => {
    const url = new URL(await serve({ a: {} }));
    const socket = connect(Number(url.port), url.hostname).end('\u0016\u0003\u0001 hello\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(await call(url.origin, 'a')).toBe('done');
  });

  test('is refused where there are too many connections', async () => {
    const url = new URL(await serve({}, { limits: { maxConnections: 1 } }));
    const first = connect(Number(url.port), url.hostname);
    await once(first, 'connect');
    await expect(call(url.origin, 'a')).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
    first.destroy();
  });
});

describe('a client that goes away', () => {
  test('aborts the signal of its call', async () => {
    const client = new AbortController();
    let aborted: Promise<unknown> = Promise.resolve();
    const url = await serve({
      wait: {
        handle: async (_, { signal }) => {
          aborted = once(signal, 'abort');
          client.abort(new Error('enough'));
          await aborted;
          throw signal.reason;
        },
      },
    });
    const calling = rpcCall({ url }, 'wait', [], { timeoutMs: 5_000, signal: client.signal });
    await expect(calling).rejects.toThrow('enough');
    await expect(aborted).resolves.toBeDefined();
  });

  test('is told from one that has its answer', async () => {
    let signal: AbortSignal | undefined;
    const url = await serve({
      a: {
        handle: (_, context) => {
          signal = context.signal;
          return 'done';
        },
      },
    });
    await call(url, 'a');
    await servers[0]?.close();
    expect(signal?.aborted).toBe(false);
  });
});

describe('close', () => {
  /** A server with a call that lasts until `finish`. */
  async function busyServer() {
    const handler = { started: () => {}, finish: (_: string) => {} };
    const started = new Promise<void>((resolve) => {
      handler.started = resolve;
    });
    const handle = () =>
      new Promise<string>((resolve) => {
        handler.finish = resolve;
        handler.started();
      });
    const result = call(await serve({ slow: { handle } }), 'slow').catch((error: unknown) => error);
    await started;
    return { result, handler };
  }

  test('lets a call that is under way be answered', async () => {
    const { result, handler } = await busyServer();
    const closing = servers[0]?.close(5_000);
    handler.finish('answered');
    expect(await result).toBe('answered');
    await closing;
  });

  test('cuts off a call that lasts longer than the grace', async () => {
    const { result } = await busyServer();
    await servers[0]?.close(10);
    expect(await result).toMatchObject({ code: 'RPC_UNREACHABLE', details: { errno: 'ECONNRESET' } });
  });

  test('may be called twice, and before listening', async () => {
    const server = createRpcServer({ methods: new Map(), log: silentLog });
    await server.close();
    await expect(server.close()).resolves.toBeUndefined();
  });
});

test('a port in use is RPC_LISTEN_FAILED', async () => {
  const taken = new URL(await serve({}));
  const server = createRpcServer({ methods: new Map(), log: silentLog });
  const listening = server.listen({ host: taken.hostname, port: Number(taken.port) });
  await expect(listening).rejects.toMatchObject({ code: 'RPC_LISTEN_FAILED' });
});

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { rpcCall } from '../../../src/rpc/client.ts';
import { encodeFault, encodeResponse } from '../../../src/rpc/encode.ts';
import { RpcFault } from '../../../src/rpc/rpc.ts';

const servers: (Server | TcpServer)[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server | TcpServer): Promise<string> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  // It listens on a port, so it has an AddressInfo.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A peer that answers as `answer` does. */
const peer = (answer: (request: IncomingMessage, response: ServerResponse) => void) => listen(createServer(answer));

const call = (url: string, timeoutMs = 5_000) => rpcCall({ url }, 'a.b', [], { timeoutMs });

describe('a request', () => {
  test('is a POST to /RPC2 with its length, on a connection of its own', async () => {
    let seen: IncomingMessage | undefined;
    const url = await peer((request, response) => {
      seen = request;
      response.end(encodeResponse('ok'));
    });
    await call(url);
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/RPC2',
      headers: { 'content-length': expect.stringMatching(/^\d+$/), 'content-type': 'text/xml', connection: 'close' },
    });
  });

  test('carries user name and password', async () => {
    const url = await peer((request, response) => {
      response.end(encodeResponse(request.headers.authorization ?? ''));
    });
    const endpoint = { url, username: 'admin', password: 'secret' };
    expect(await rpcCall(endpoint, 'a', [], { timeoutMs: 5_000 })).toBe(`Basic ${btoa('admin:secret')}`);
  });
});

describe('an answer', () => {
  test('that is a fault rejects with it', async () => {
    const url = await peer((_, response) => response.end(encodeFault(10, 'BAD_NAME')));
    await expect(call(url)).rejects.toStrictEqual(new RpcFault(10, 'BAD_NAME'));
  });

  test.each([401, 404, 500, 302])('with status %i is RPC_PROTOCOL, and tells it', async (status) => {
    const url = await peer((_, response) => response.writeHead(status).end('<html>'));
    await expect(call(url)).rejects.toMatchObject({ code: 'RPC_PROTOCOL', details: { status } });
  });

  test('that is no XML-RPC is RPC_PROTOCOL, and names the peer', async () => {
    const url = await peer((_, response) => response.end('<html>It works!</html>'));
    await expect(call(url)).rejects.toMatchObject({ code: 'RPC_PROTOCOL', message: expect.stringContaining(url) });
  });

  test('that is no HTTP is RPC_PROTOCOL', async () => {
    const url = await listen(createTcpServer((socket) => socket.end('220 mail.example.org ESMTP\r\n')));
    await expect(call(url)).rejects.toMatchObject({ code: 'RPC_PROTOCOL' });
  });

  test('that never ends is RPC_PROTOCOL once it is too long', async () => {
    const megabyte = Buffer.alloc(2 ** 20, ' ');
    const url = await peer((_, response) => {
      const pour = () => {
        while (response.writable && response.write(megabyte));
      };
      response.on('drain', pour);
      pour();
    });
    await expect(call(url, 20_000)).rejects.toMatchObject({
      code: 'RPC_PROTOCOL',
      message: expect.stringContaining('64 MiB'),
    });
  });

  test('that breaks off is RPC_UNREACHABLE', async () => {
    const url = await peer((_, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('<?xml', () => response.destroy());
    });
    await expect(call(url)).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
  });
});

describe('a peer that is not there', () => {
  test('is RPC_UNREACHABLE with ECONNREFUSED on a closed port', async () => {
    const server = createServer();
    const url = await listen(server);
    server.close();
    await expect(call(url)).rejects.toMatchObject({ code: 'RPC_UNREACHABLE', details: { errno: 'ECONNREFUSED' } });
  });

  test('is RPC_UNREACHABLE with ENOENT where there is no socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'drainctl-rpc-'));
    const calling = call(`unix://${directory}/none.sock`);
    await expect(calling).rejects.toMatchObject({
      code: 'RPC_UNREACHABLE',
      details: { errno: 'ENOENT' },
      hint: expect.stringContaining('no such socket'),
    });
    await rm(directory, { recursive: true });
  });
});

describe('a peer that does not answer', () => {
  test.each([
    ['at all', (_: IncomingMessage, __: ServerResponse) => {}],
    ['to the end', (_: IncomingMessage, response: ServerResponse) => response.write('<?xml')],
  ])('%s is RPC_TIMEOUT, and is let go', async (_, answer) => {
    const closed: Promise<unknown>[] = [];
    const url = await peer((request, response) => {
      closed.push(once(response, 'close'));
      answer(request, response);
    });
    // Long enough for the request to have come, also where this process stands still for a moment.
    await expect(call(url, 1_000)).rejects.toMatchObject({ code: 'RPC_TIMEOUT', details: { timeoutMs: 1_000 } });
    await Promise.all(closed);
    expect(closed).toHaveLength(1);
  });

  test('is let go when the signal is aborted, for the reason given', async () => {
    const caller = new AbortController();
    const url = await peer(() => caller.abort(new Error('changed my mind')));
    const calling = rpcCall({ url }, 'a', [], { timeoutMs: 5_000, signal: caller.signal });
    await expect(calling).rejects.toThrow('changed my mind');
  });

  test('is not called where the signal is aborted already', async () => {
    let calls = 0;
    const url = await peer((_, response) => {
      calls += 1;
      response.end(encodeResponse(calls));
    });
    const calling = rpcCall({ url }, 'a', [], { timeoutMs: 5_000, signal: AbortSignal.abort(new Error('too late')) });
    await expect(calling).rejects.toThrow('too late');
    expect(calls).toBe(0);
  });

  test('is waited for where the time-out is beyond what a timer takes', async () => {
    const url = await peer((_, response) => setImmediate(() => response.end(encodeResponse('ok'))));
    expect(await call(url, 2 ** 40)).toBe('ok');
  });
});

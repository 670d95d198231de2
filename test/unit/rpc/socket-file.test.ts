import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../../src/log.ts';
import { rpcCall } from '../../../src/rpc/client.ts';
import type { RpcServer } from '../../../src/rpc/http-server.ts';
import type { RpcMethod } from '../../../src/rpc/methods.ts';
import { createRpcServer } from '../../../src/rpc/server.ts';

let directory = '';
let path = '';
const servers: RpcServer[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drainctl-rpc-'));
  path = join(directory, 'drainctl.sock');
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
  await rm(directory, { recursive: true, force: true });
});

const ping: RpcMethod = { help: '', signature: ['string'], handle: () => 'pong' };

function newServer(): RpcServer {
  const server = createRpcServer({ methods: new Map([['ping', ping]]), log: silentLog });
  servers.push(server);
  return server;
}

const isAnswered = async () => (await rpcCall({ url: `unix://${path}` }, 'ping', [], { timeoutMs: 5_000 })) === 'pong';

/** A socket file whose owner died without removing it. */
async function leaveStaleSocket(): Promise<void> {
  const code = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.send('listening'))`;
  const owner = fork('-e', [code], { execArgv: [] });
  await once(owner, 'message');
  owner.kill('SIGKILL');
  await once(owner, 'exit');
}

test('it listens with the mode asked for, and leaves nothing else in the folder', async () => {
  await newServer().listen({ path, mode: 0o660 });
  expect((await stat(path)).mode & 0o777).toBe(0o660);
  expect(await readdir(directory)).toStrictEqual(['drainctl.sock']);
  expect(await isAnswered()).toBe(true);
});

test('it removes its file when it is closed', async () => {
  const server = newServer();
  await server.listen({ path, mode: 0o700 });
  await server.close();
  expect(await readdir(directory)).toStrictEqual([]);
});

test('it replaces the file of a dead owner', async () => {
  await leaveStaleSocket();
  await newServer().listen({ path, mode: 0o700 });
  expect(await isAnswered()).toBe(true);
});

test('it refuses the file of a live owner, who goes on', async () => {
  await newServer().listen({ path, mode: 0o700 });
  await expect(newServer().listen({ path, mode: 0o700 })).rejects.toMatchObject({
    code: 'RPC_LISTEN_FAILED',
    message: `another process listens on ${path}`,
  });
  expect(await isAnswered()).toBe(true);
});

test('it leaves alone a file that is no socket', async () => {
  await writeFile(path, 'precious');
  await expect(newServer().listen({ path, mode: 0o700 })).rejects.toMatchObject({ code: 'RPC_LISTEN_FAILED' });
  expect((await stat(path)).size).toBe('precious'.length);
});

test('it leaves alone the file that another server has put in the place of its own', async () => {
  const server = newServer();
  await server.listen({ path, mode: 0o700 });
  await rm(path);
  const other = createServer().listen(path);
  await once(other, 'listening');
  await server.close();
  expect(await readdir(directory)).toStrictEqual(['drainctl.sock']);
  other.close();
});

test.each([
  ['a folder that does not exist', () => join(directory, 'none', 's.sock'), 'ENOENT'],
  ['a path too long for a socket', () => join(directory, 'x'.repeat(100)), 'at most 107 bytes'],
])('%s is RPC_LISTEN_FAILED', async (_, wrong, why) => {
  await expect(newServer().listen({ path: wrong(), mode: 0o700 })).rejects.toMatchObject({
    code: 'RPC_LISTEN_FAILED',
    message: expect.stringContaining(why),
  });
  expect(await readdir(directory)).toStrictEqual([]);
});

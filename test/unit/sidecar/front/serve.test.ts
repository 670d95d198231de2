import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { SidecarConfig } from '../../../../src/config/config.ts';
import { type Exchange, send } from '../../../../src/rpc/exchange.ts';
import { defaultRpcServerLimits } from '../../../../src/rpc/limits.ts';
import { findOwner } from '../../../../src/sidecar/front/owner.ts';
import { serveFront } from '../../../../src/sidecar/front/serve.ts';
import { onCleanUp } from '../../../support/cleanup.ts';
import { recordingLog } from '../../../support/doubles/recording-log.ts';
import { freePort } from '../../../support/free-port.ts';
import { rawRequest } from '../../../support/front/raw-http.ts';
import { request } from '../../../support/http.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { waitFor } from '../../../support/wait-for.ts';

/** Serves "hello" to everybody who may ask. */
function serve(given: Partial<SidecarConfig> = {}) {
  const log = recordingLog();
  const socket = temporaryDirectory().file('front.sock');
  const sidecar: SidecarConfig = {
    socket,
    socketMode: 0o700,
    socketOwner: undefined,
    socketGroup: undefined,
    listen: undefined,
    credentials: undefined,
    limits: defaultRpcServerLimits,
    http: undefined,
    ...given,
  };
  const servers = serveFront({
    sidecar,
    handle: async (exchange: Exchange) => send(exchange, 200, 'text/plain', 'hello'),
    log,
  });
  onCleanUp(() => servers.close());
  const isServed = (what: string) => waitFor(() => log.messages('info').some((line) => line.includes(what)), { what });
  return { log, socket, isServed };
}

describe('over TCP', () => {
  test('who has no password gets 401, as from supervisord', async () => {
    const port = await freePort();
    const { isServed } = serve({ listen: { host: '127.0.0.1', port }, credentials: { username: 'a', password: 'b' } });
    await isServed(`served at http://127.0.0.1:${port}`);

    const response = await fetch(`http://127.0.0.1:${port}/RPC2`);

    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="default"');
  });

  test('a wrong password is told in the log, with whose it was and without what it was', async () => {
    const port = await freePort();
    const { isServed, log } = serve({
      listen: { host: '127.0.0.1', port },
      credentials: { username: 'a', password: 'b' },
    });
    await isServed('served at http://');

    expect(await request(`http://127.0.0.1:${port}/`, { auth: 'a:wrong' })).toMatchObject({ status: 401 });

    expect(log.messages('warn')).toEqual(['calls were refused: 127.0.0.1 has a wrong user name or password']);
  });

  test('who has it is answered', async () => {
    const port = await freePort();
    const { isServed } = serve({ listen: { host: '127.0.0.1', port }, credentials: { username: 'a', password: 'b' } });
    await isServed('served at http://');

    expect(await request(`http://127.0.0.1:${port}/`, { auth: 'a:b' })).toEqual({ status: 200, body: 'hello' });
  });

  test('the socket asks for none', async () => {
    const port = await freePort();
    const { isServed, socket } = serve({
      listen: { host: '127.0.0.1', port },
      credentials: { username: 'a', password: 'b' },
    });
    await isServed('served at unix://');

    expect(await rawRequest(socket, { path: '/' })).toMatchObject({ status: 200 });
  });

  test('a port that is taken is told once, and keeps nobody from the socket', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onCleanUp(() => void other.close());
    const { port } = other.address() as AddressInfo; // as: it listens on TCP
    const { isServed, log, socket } = serve({ listen: { host: '127.0.0.1', port } });
    await isServed('served at unix://');
    await waitFor(() => log.messages('error').length === 1, { what: 'the error' });

    expect(await rawRequest(socket, { path: '/' })).toMatchObject({ status: 200 });
    expect(log.messages('error')[0]).toContain(
      `calls are not served, and it is tried again: cannot listen on 127.0.0.1:${port}`,
    );
  });
});

describe('the socket', () => {
  test.skipIf(process.getuid?.() !== 0)('has the owner and group of the configuration (needs root)', async () => {
    const { isServed, socket } = serve({ socketOwner: 'daemon', socketGroup: '4711', socketMode: 0o770 });
    await isServed('served at unix://');

    const { uid, gid, mode } = statSync(socket);

    expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: 1, gid: 4711, mode: 0o770 });
  });

  test('whose owner nobody knows is told, and tried again', async () => {
    const { log } = serve({ socketOwner: 'nobody-of-that-name' });

    await waitFor(() => log.messages('error').length === 1, { what: 'the error' });

    expect(log.messages('error')[0]).toBe(
      'calls are not served, and it is tried again: cannot make the socket, because this machine has no user nobody-of-that-name. ' +
        'Create the user, or correct sidecar.socket_owner; it is tried again every few seconds.',
    );
  });
});

test.each([
  [
    { socketOwner: 'root', socketGroup: 'root' },
    { uid: 0, gid: 0 },
  ],
  [
    { socketOwner: '12', socketGroup: undefined },
    { uid: 12, gid: undefined },
  ],
])('the owner %j is %j', async (names, ids) => {
  expect(await findOwner(names)).toEqual(ids);
});

import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CountingProxy, startCountingProxy } from '../../support/contracts/counting-proxy.ts';
import { type HaproxyWorld, startHaproxyWorld } from '../../support/contracts/haproxy-server.ts';
import { depool, openHaproxy } from '../../support/contracts/open-haproxy.ts';

const names = Array.from({ length: 400 }, (_, index) => `web_with_a_long_name_${index}`);
const servers = names.map((name) => `app/${name}`);
const members = servers.map((server) => ({ server }));

describe('round trips', () => {
  let world: HaproxyWorld;
  let proxy: CountingProxy;
  const { signal } = new AbortController();

  beforeAll(async () => {
    const backend = (name: string) => `backend ${name}\n  server only 127.0.0.1:1 no-check\n`;
    world = await startHaproxyWorld(names, { extra: ['b1', 'b2', 'web'].map(backend).join('\n') });
  });
  beforeEach(async () => {
    proxy = await startCountingProxy(
      world.haproxy.directory.file(`proxy-${Math.random()}.sock`),
      world.haproxy.socketPath,
    );
  });

  test('a poll of 100 members of one backend is one connection', async () => {
    const states = await openHaproxy(proxy.path).state(members.slice(0, 100), signal);
    expect(states.every(({ placement, inFlight }) => placement === 'in' && inFlight === 0)).toBe(true);
    expect(proxy.connections).toBe(1);
  });

  test('so is one of members of several backends', async () => {
    const states = await openHaproxy(proxy.path).state(
      ['b1/only', 'app/web_with_a_long_name_0', 'b2/only'].map((server) => ({ server })),
      signal,
    );
    expect(states.map(({ placement }) => placement)).toEqual(['in', 'in', 'in']);
    expect(proxy.connections).toBe(1);
  });

  test("a backend of a frontend's name takes two, once; then one", async () => {
    const pool = openHaproxy(proxy.path);
    await pool.state([{ server: 'web/only' }], signal);
    expect(proxy.connections).toBe(2);
    const [state] = await pool.state([{ server: 'web/only' }], signal);
    expect(state).toMatchObject({ inFlight: 0 });
    expect(proxy.connections).toBe(3);
  });

  test('taking out 100 members is two: read, then set and confirm', async () => {
    await depool(openHaproxy(proxy.path), servers.slice(0, 100));
    expect(proxy.connections).toBe(2);
  });

  test('more commands than fit into the line buffer of HAProxy are sent on several lines', async () => {
    const pool = openHaproxy(proxy.path);
    await depool(pool, servers);
    expect((await pool.state(members, signal)).every(({ placement }) => placement === 'out')).toBe(true);
    expect(proxy.connections).toBeLessThan(10);
  });

  test('nothing to do makes no connection', async () => {
    const pool = openHaproxy(proxy.path);
    await pool.depool([], signal);
    await pool.repool([], signal);
    expect(await pool.state([], signal)).toEqual([]);
    expect(proxy.connections).toBe(0);
  });
});

import { describe, expect, test } from 'vitest';
import type { Pool } from '../../../src/pools/pool.ts';
import { type HaproxyWorld, startHaproxyWorld } from '../../support/contracts/haproxy-server.ts';
import { depool, type HaproxyMember, openHaproxy, stateOf } from '../../support/contracts/open-haproxy.ts';
import { waitFor } from '../../support/wait-for.ts';

const server = 'app/web_00';

/** Three requests are held by web_00 when HAProxy is loaded again. */
async function reloadUnderRequests(world: HaproxyWorld): Promise<void> {
  await world.hold('web_00', 3);
  await world.haproxy.reload();
}

/** While the master loads itself again its socket is away, and the count unknown; the first one known must be right. */
async function firstKnownInFlight(pool: Pool<HaproxyMember>, of: string): Promise<number | undefined> {
  const { inFlight } = await waitFor(
    async () => {
      const state = await stateOf(pool, of);
      return state.inFlight === undefined ? undefined : state;
    },
    { what: 'the count to be known' },
  );
  return inFlight;
}

describe('a reload of HAProxy under requests', () => {
  test('with the master socket, what the old worker still has is counted', async () => {
    const world = await startHaproxyWorld(['web_00', 'web_01'], { masterWorker: true });
    const pool = openHaproxy({ address: world.haproxy.socketPath, master: world.masterPath });
    expect((await stateOf(pool, server)).inFlight).toBe(0);
    await reloadUnderRequests(world);
    await world.hold('web_00', 2);
    expect(await firstKnownInFlight(pool, server)).toBe(5);
    expect(await firstKnownInFlight(pool, 'app/web_01')).toBe(0);
    await world.release();
    await waitFor(async () => (await stateOf(pool, server)).inFlight === 0, { what: 'nothing in flight' });
  });

  test('two reloads leave two old workers, and both are counted', async () => {
    const world = await startHaproxyWorld(['web_00'], { masterWorker: true });
    const pool = openHaproxy({ address: world.haproxy.socketPath, master: world.masterPath });
    await reloadUnderRequests(world);
    expect(await firstKnownInFlight(pool, server)).toBe(3);
    await reloadUnderRequests(world);
    expect(await firstKnownInFlight(pool, server)).toBe(6);
    await world.release();
  });

  test('a poll at any moment of the reload shows all that is in flight, or unknown', async () => {
    const world = await startHaproxyWorld(['web_00'], { masterWorker: true });
    const pool = openHaproxy({ address: world.haproxy.socketPath, master: world.masterPath });
    await world.hold('web_00', 3);
    let reloading = true;
    const reloaded = world.haproxy.reload().finally(() => {
      reloading = false;
    });
    const seen = new Set<number | undefined>();
    while (reloading) seen.add((await stateOf(pool, server).catch(() => undefined))?.inFlight);
    await reloaded;
    seen.add(await firstKnownInFlight(pool, server));
    await world.release();
    // A worker that is replaced between the two questions is counted twice.
    expect([...seen].filter((count) => count !== undefined && count !== 3 && count !== 6)).toEqual([]);
  });

  test('the new worker has forgotten the drain; taking out once more mends it', async () => {
    const world = await startHaproxyWorld(['web_00'], { masterWorker: true });
    const pool = openHaproxy({ address: world.haproxy.socketPath, master: world.masterPath });
    await depool(pool, [server]);
    await world.haproxy.reload();
    expect((await stateOf(pool, server)).placement).toBe('in');
    await depool(pool, [server], 1_000);
    expect((await stateOf(pool, server)).placement).toBe('out');
  });

  test('a master socket that is not there makes what is in flight unknown, and nothing else', async () => {
    const world = await startHaproxyWorld(['web_00']);
    const pool = openHaproxy({
      address: world.haproxy.socketPath,
      master: world.haproxy.directory.file('nobody.sock'),
    });
    expect(await stateOf(pool, server)).toMatchObject({
      placement: 'in',
      inFlight: undefined,
      inFlightUnknown: expect.stringContaining('nobody.sock'),
    });
  });

  test('without it, what is in flight is unknown while the old worker runs, and known when it has gone', async () => {
    const world = await startHaproxyWorld(['web_00'], { masterWorker: true });
    const pool = openHaproxy(world.haproxy.socketPath);
    expect((await stateOf(pool, server)).inFlight).toBe(0);
    await reloadUnderRequests(world);
    expect(await stateOf(pool, server)).toMatchObject({
      inFlight: undefined,
      inFlightUnknown: expect.stringContaining('"master"'),
    });
    await world.release();
    await waitFor(async () => (await stateOf(pool, server)).inFlight === 0, { what: 'the old worker to be gone' });
  });

  test('over TCP nobody can see whether the old worker has gone: unknown', async () => {
    const world = await startHaproxyWorld(['web_00'], { masterWorker: true });
    const pool = openHaproxy(world.haproxy.tcpAddress);
    expect((await stateOf(pool, server)).inFlight).toBe(0);
    await world.haproxy.reload();
    const state = () => stateOf(pool, server);
    await waitFor(async () => (await state()).inFlight === undefined, { what: 'the new worker to answer over TCP' });
    expect((await state()).inFlightUnknown).toContain('for up to 1h');
  });
});

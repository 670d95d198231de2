import { beforeAll, describe, expect, test } from 'vitest';
import type { Pool } from '../../../src/pools/pool.ts';
import { type HaproxyWorld, startHaproxyWorld } from '../../support/contracts/haproxy-server.ts';
import { startHeldBackend } from '../../support/contracts/held-backend.ts';
import { depool, type HaproxyMember, openHaproxy, repool, stateOf } from '../../support/contracts/open-haproxy.ts';
import { startRawServer } from '../../support/contracts/raw-server.ts';
import { waitFor } from '../../support/wait-for.ts';

const notFound = 'HTTP/1.1 404 Not found\r\ncontent-length: 0\r\n\r\n';
const quoted = 'HTTP/1.1 500 Bad, "very" bad\r\ncontent-length: 0\r\n\r\n';

/** Servers in every state that HAProxy has names for. The frontend is called `web` as well, which hides its statistics. */
async function startOddWorld(): Promise<HaproxyWorld> {
  const backend = await startHeldBackend();
  const ports = {
    notFound: (await startRawServer(notFound)).port,
    quoted: (await startRawServer(quoted)).port,
    drain: (await startRawServer('drain\n')).port,
  };
  const at = `127.0.0.1:${backend.port}`;
  const world = await startHaproxyWorld(['web_00'], {
    extra: `
backend odd
  option httpchk GET /health
  http-check disable-on-404
  # Else a check has only \`inter\` to be answered in, which a busy machine does not always do.
  timeout check 10s
  default-server inter 30ms fall 1 rise 1
  server plain ${at} no-check
  server up ${at}
  server rising ${at} rise 100000
  server falling ${at} check port ${backend.port} fall 100000
  server down 127.0.0.1:${ports.quoted}
  server nolb 127.0.0.1:${ports.notFound}
  server agent ${at} no-check agent-check agent-port ${ports.drain} agent-inter 30ms
  server leader ${at}
  server follower ${at} no-check track odd/leader
  server unresolved nosuch.invalid:80 no-check init-addr none
  server disabled ${at} no-check disabled
  server weightless ${at} no-check weight 0
  server drained 127.0.0.1:${ports.quoted}
backend web
  server only ${at} no-check
`,
  });
  const { haproxy } = world;
  await haproxy.command('set server odd/leader state maint;set server odd/drained state drain');
  await haproxy.command('set server odd/rising health down');
  const showsAll = async (patterns: readonly RegExp[]) => {
    const stats = await haproxy.command('show stat odd 4 -1');
    return patterns.every((pattern) => pattern.test(stats));
  };
  await waitFor(() => showsAll([/,falling.*L7OK/, /,nolb.*NOLB/, /,agent.*DRAIN/, /,down.*DOWN/, /,rising.*DOWN \d/]), {
    what: 'all checks to have run',
  });
  await haproxy.command(`set server odd/falling check-port ${ports.quoted}`);
  await waitFor(() => showsAll([/,falling.*UP \d/]), { what: 'a server on its way down' });
  return world;
}

describe('what HAProxy shows, and what it means', () => {
  let world: HaproxyWorld;
  let pool: Pool<HaproxyMember>;

  beforeAll(async () => {
    world = await startOddWorld();
    pool = openHaproxy(world.haproxy.socketPath);
  });

  test.each([
    ['plain', 'in', /^no check$/],
    ['up', 'in', /^UP$/],
    ['falling', 'in', /^UP \d+\/100000$/],
    ['rising', 'down', /^DOWN \d+\/100000$/],
    ['down', 'down', /^DOWN$/],
    ['nolb', 'down', /^NOLB$/],
    ['unresolved', 'down', /^MAINT \(resolution\)$/],
    ['agent', 'out', /^DRAIN \(agent\)$/],
    ['leader', 'out', /^MAINT$/],
    ['follower', 'out', /^MAINT \(via odd\/leader\)$/],
    ['disabled', 'out', /^MAINT$/],
    ['weightless', 'out', /^no check$/],
    ['drained', 'out', /^DOWN$/],
  ])('%s is "%s", and its text %s', async (server, placement, text) => {
    expect(await stateOf(pool, `odd/${server}`)).toMatchObject({
      placement,
      text: expect.stringMatching(text),
      inFlight: 0,
    });
  });

  test('a server that was disabled in the configuration and enabled since is "in"', async () => {
    await world.haproxy.command('set server odd/disabled state ready');
    expect((await stateOf(pool, 'odd/disabled')).placement).toBe('in');
    await world.haproxy.command('set server odd/disabled state maint');
  });

  test('statistics are found although a frontend has the name of the backend', async () => {
    expect(await stateOf(pool, 'web/only')).toMatchObject({ placement: 'in', text: 'no check', inFlight: 0 });
  });

  test('a server whose name does not resolve can be taken out and put back', async () => {
    const { before } = await stateOf(pool, 'odd/unresolved');
    await depool(pool, ['odd/unresolved']);
    expect((await stateOf(pool, 'odd/unresolved')).placement).toBe('out');
    await repool(pool, 'odd/unresolved', before);
    expect((await stateOf(pool, 'odd/unresolved')).placement).toBe('down');
  });

  test('a backend that is not there makes its members missing', async () => {
    expect(await stateOf(pool, 'nosuch/web_00')).toMatchObject({ placement: 'missing', inFlight: undefined });
  });
});

describe('putting back', () => {
  let world: HaproxyWorld;

  beforeAll(async () => {
    world = await startHaproxyWorld(['web_00']);
  });

  test("an operator's maintenance that came while we drained is left", async () => {
    const pool = openHaproxy(world.haproxy.socketPath);
    const { before } = await stateOf(pool, 'app/web_00');
    await depool(pool, ['app/web_00']);
    await world.haproxy.command('set server app/web_00 state maint');
    await repool(pool, 'app/web_00', before);
    expect((await stateOf(pool, 'app/web_00')).text).toBe('MAINT');
    await world.reset();
  });

  test('drain becomes maintenance after `maint_after`, and both are undone', async () => {
    const pool = openHaproxy(world.haproxy.socketPath, { maint_after: '20s' });
    const { before } = await stateOf(pool, 'app/web_00');
    await depool(pool, ['app/web_00']);
    await depool(pool, ['app/web_00'], 19_999);
    expect((await stateOf(pool, 'app/web_00')).text).toBe('DRAIN');
    await depool(pool, ['app/web_00'], 20_000);
    expect((await stateOf(pool, 'app/web_00')).text).toBe('MAINT');
    await repool(pool, 'app/web_00', before);
    expect((await stateOf(pool, 'app/web_00')).placement).toBe('in');
  });

  test("a drain that was an operator's before is a drain again after `maint_after` made it maintenance", async () => {
    const pool = openHaproxy(world.haproxy.socketPath, { maint_after: '20s' });
    await world.haproxy.command('set server app/web_00 state drain');
    const { before } = await stateOf(pool, 'app/web_00');
    await depool(pool, ['app/web_00'], 20_000);
    await repool(pool, 'app/web_00', before);
    expect((await stateOf(pool, 'app/web_00')).text).toBe('DRAIN');
    await world.reset();
  });

  test('what a former configuration did (`depool: maint`) is undone', async () => {
    const former = openHaproxy(world.haproxy.socketPath, { depool: 'maint' });
    const { before } = await stateOf(former, 'app/web_00');
    await depool(former, ['app/web_00']);
    await repool(openHaproxy(world.haproxy.socketPath), 'app/web_00', before);
    expect((await stateOf(former, 'app/web_00')).placement).toBe('in');
  });
});

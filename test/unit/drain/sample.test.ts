import { describe, expect, test } from 'vitest';
import { takeLook } from '../../../src/drain/sample.ts';
import { DrainctlError } from '../../../src/errors.ts';
import { hang, unreachable } from '../../support/doubles/script.ts';
import { ScriptedPool, type ScriptedPoolOptions } from '../../support/doubles/scripted-pool.ts';
import { ScriptedProbe } from '../../support/doubles/scripted-probe.ts';
import { target } from '../../support/doubles/targets.ts';

const { signal } = new AbortController();

function poolAt(address: string, given: Partial<ScriptedPoolOptions> = {}): ScriptedPool {
  const pool = new ScriptedPool({ address, servers: ['app/web_00'], ...given });
  pool.server('app/web_00').placement = 'out';
  return pool;
}

describe('a look at what the pools count', () => {
  test('sums over the addresses', async () => {
    const pools = [poolAt('a'), poolAt('b')];
    for (const [index, pool] of pools.entries()) pool.server('app/web_00').inFlight = index + 1;

    expect(await takeLook(target('web:web_00', pools), signal)).toMatchObject({ inFlight: 3, notOut: [] });
  });

  test('is unknown as a whole where one address does not answer, which may also still send work', async () => {
    const pools = [poolAt('a'), poolAt('b')];
    Object.assign(pools[1]?.scripts ?? {}, { state: unreachable });

    expect(await takeLook(target('web:web_00', pools), signal)).toMatchObject({
      inFlight: undefined,
      unknownBecause: expect.stringContaining('did not answer'),
      notOut: ['app/web_00 at b'],
    });
  });

  test('says why it is unknown so that it fits within a sentence', async () => {
    const pools = [poolAt('a'), poolAt('b')];
    for (const pool of pools)
      Object.assign(pool.scripts, {
        state: async () => {
          throw new DrainctlError('POOL_UNREACHABLE', 'no answer (ECONNREFUSED).');
        },
      });

    expect((await takeLook(target('web:web_00', pools), signal)).unknownBecause).toBe(
      'no answer (ECONNREFUSED); no answer (ECONNREFUSED)',
    );
  });

  test('is unknown where an address can count and does not', async () => {
    const pool = poolAt('a');
    pool.server('app/web_00').inFlight = undefined;

    expect(await takeLook(target('web:web_00', [pool]), signal)).toMatchObject({
      inFlight: undefined,
      unknownBecause: 'app/web_00 at a did not say what is in flight',
    });
  });

  test('is unknown where an address does not know the member, which then gets no work', async () => {
    const pool = poolAt('a');
    pool.servers.delete('app/web_00');

    expect(await takeLook(target('web:web_00', [pool]), signal)).toMatchObject({
      inFlight: undefined,
      unknownBecause: expect.stringContaining('does not exist'),
      notOut: [],
    });
  });

  test('leaves out an address that can not count', async () => {
    const pools = [poolAt('a'), poolAt('b', { counts: false })];

    expect(await takeLook(target('web:web_00', pools), signal)).toMatchObject({ inFlight: 0, unknownBecause: '' });
  });

  test.each([
    ['in', true],
    ['down', true],
    ['out', false],
    ['missing', false],
  ] as const)('of a member that is %s: work may still arrive is %s', async (placement, mayArrive) => {
    const pool = poolAt('a');
    pool.server('app/web_00').placement = placement;

    expect((await takeLook(target('web:web_00', [pool]), signal)).notOut).toHaveLength(mayArrive ? 1 : 0);
  });
});

describe('a look with probes', () => {
  test('counts what they measure, not what the pools do', async () => {
    const pool = poolAt('a');
    pool.server('app/web_00').inFlight = 9;
    const probes = [new ScriptedProbe(1), new ScriptedProbe(2)];

    expect((await takeLook(target('web:web_00', [pool], { probes }), signal)).inFlight).toBe(3);
  });

  test('is unknown where one of them fails, although the other finds nothing', async () => {
    const probes = [new ScriptedProbe(0), new ScriptedProbe(undefined)];

    expect(await takeLook(target('web:web_00', [], { probes }), signal)).toMatchObject({
      inFlight: undefined,
      unknownBecause: 'the scripted probe does not know',
    });
  });

  test('still sees that a member is not out', async () => {
    const pool = new ScriptedPool({ servers: ['app/web_00'] });

    expect((await takeLook(target('web:web_00', [pool], { probes: [new ScriptedProbe(0)] }), signal)).notOut).toEqual([
      'app/web_00 at pool-a',
    ]);
  });
});

test('a look that ends at a limit names what has not answered by then, and keeps what others said', async () => {
  const [silent, pool] = [new ScriptedProbe(0), poolAt('a')];
  silent.script = hang;
  pool.scripts.state = hang;
  const probes = [new ScriptedProbe(0), silent];

  const sample = await takeLook(target('web:web_00', [pool, poolAt('b')], { probes }), signal, 1_000);

  expect(sample).toMatchObject({
    inFlight: undefined,
    unknownBecause: 'Probe scripted probe did not answer before the deadline',
    notOut: ['app/web_00 at a'],
  });
});

test('a look that is cancelled rejects with the reason', async () => {
  const pool = poolAt('a');
  pool.scripts.state = hang;
  const controller = new AbortController();
  const looking = takeLook(target('web:web_00', [pool]), controller.signal);

  controller.abort('cancelled');

  await expect(looking).rejects.toBe('cancelled');
});

test('a look begins before it asks, and ends after the last answer', async () => {
  const { startedAtMs, endedAtMs } = await takeLook(target('web:web_00', [poolAt('a')]), signal);

  expect(endedAtMs).toBeGreaterThan(startedAtMs);
});

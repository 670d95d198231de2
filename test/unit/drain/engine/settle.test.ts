import { describe, expect, test } from 'vitest';
import type { Pool } from '../../../../src/pools/pool.ts';
import { sleep } from '../../../../src/time.ts';
import { runTo, ScriptedWorld, type WorldOptions } from '../../../support/doubles/scripted-world.ts';

/** A world in which the first address observes that its members get no more work. */
function worldThatObserves(settled: NonNullable<Pool['settled']>, options: Partial<WorldOptions> = {}): ScriptedWorld {
  const world = new ScriptedWorld({ processes: ['web:web_00'], ...options });
  Object.assign(world.pool, { settled });
  return world;
}

/** Longer than any run may take in these tests. */
const long = { program: { settleMs: 60_000, deadlineMs: 90_000 } };

describe('a pool that observes when a member gets no more work', () => {
  test('is waited for until then, and no longer', async () => {
    const world = worldThatObserves(async () => {
      world.calls.push('settled');
    }, long);

    const result = await runTo(world.engine(), 'stop', ['all']);

    expect(result.outcome).toBe('done');
    expect(world.calls).toEqual(['depool app/web_00 at pool-a', 'settled', 'stop web:web_00']);
  });

  test('is waited for no longer than it is said, and the run tells and goes on', async () => {
    const world = worldThatObserves((_, signal) => sleep(60_000, signal), { program: { settleMs: 50 } });
    const run = world.engine().begin('stop', ['all'], {});

    const result = await run.ended(AbortSignal.timeout(8_000));

    const { steps } = await run.wait(0, 0);
    expect(result.outcome).toBe('done');
    expect(steps.filter(({ kind }) => kind === 'warning').map(({ message }) => message)).toEqual([
      'web:web_00 goes on after 50ms, though it was not seen that app/web_00 at pool-a gets no more work: OUT',
    ]);
  });

  test('is waited for together with one that needs its time', async () => {
    const world = worldThatObserves(async () => {}, { ...long, addresses: ['pool-a', 'pool-b'] });
    Object.assign(world.pools[1] ?? {}, { settleMs: 200 });

    const result = await runTo(world.engine(), 'stop', ['all']);

    const settle = result.processes[0]?.phases.find(({ phase }) => phase === 'settle');
    expect(result.outcome).toBe('done');
    expect(settle?.ms).toBeGreaterThanOrEqual(199);
  });

  test('holds up nobody who cancels', async () => {
    const world = worldThatObserves((_, signal) => sleep(60_000, signal), long);
    const run = world.engine().begin('restart', ['all'], {});
    await run.wait(1, 5_000);

    run.end('cancelled');

    expect(await run.ended(AbortSignal.timeout(8_000))).toMatchObject({ outcome: 'cancelled' });
  });
});

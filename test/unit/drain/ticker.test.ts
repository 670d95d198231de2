import { describe, expect, test } from 'vitest';
import { Ticker } from '../../../src/drain/ticker.ts';
import { monotonicMs, sleep } from '../../../src/time.ts';

const { signal } = new AbortController();
const never = Number.POSITIVE_INFINITY;

describe('next', () => {
  test('wakes all that poll at one pace in the same turn, whenever each began', async () => {
    const ticker = new Ticker();
    const pollMs = 200;
    const woken: number[] = [];
    let turn = 0;
    let waiters: Promise<unknown>[] = [];
    const interval = () => Math.floor(monotonicMs() / pollMs);
    // On a machine that stands still for a while they may not all begin in one interval; then they wait for different moments.
    for (let began = Number.NaN; began !== interval(); ) {
      await Promise.all(waiters);
      await ticker.next(pollMs, never, signal);
      woken.length = 0;
      waiters = [];
      began = interval();
      for (const name of [1, 2, 3]) {
        waiters.push(ticker.next(pollMs, never, signal).then(() => woken.push(name + 10 * turn)));
        await sleep(3);
      }
    }
    void waiters[0]?.then(() => setImmediate(() => (turn += 1)));

    await Promise.all(waiters);

    expect(woken).toEqual([1, 2, 3]);
  });

  test('wakes once for each moment', async () => {
    const ticker = new Ticker();
    await ticker.next(20, never, signal);
    const startedAtMs = monotonicMs();

    for (let wakes = 0; wakes < 5; wakes += 1) await ticker.next(20, never, signal);

    // The first may have come up to an interval late.
    expect(monotonicMs() - startedAtMs).toBeGreaterThan(3 * 20);
  });

  test('wakes earlier for a moment that is sooner', async () => {
    const startedAtMs = monotonicMs();

    await new Ticker().next(60_000, startedAtMs + 20, signal);

    expect(monotonicMs() - startedAtMs).toBeLessThan(5_000);
    expect(monotonicMs() - startedAtMs).toBeGreaterThanOrEqual(19);
  });

  test('wakes at once for a moment that has passed', async () => {
    await expect(new Ticker().next(60_000, 0, signal)).resolves.toBeUndefined();
  });

  test('rejects with the reason of an abort, and the others are woken all the same', async () => {
    const ticker = new Ticker();
    const controller = new AbortController();
    const gone = ticker.next(50, never, controller.signal);
    const stays = ticker.next(50, never, signal);

    controller.abort('cancelled');

    await expect(gone).rejects.toBe('cancelled');
    await expect(stays).resolves.toBeUndefined();
  });

  test('rejects for a caller that has gone', async () => {
    await expect(new Ticker().next(50, never, AbortSignal.abort('gone'))).rejects.toBe('gone');
  });
});

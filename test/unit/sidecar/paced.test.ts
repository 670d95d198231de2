import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { paced } from '../../../src/sidecar/paced.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('is done at once, and once more for all that was asked for while it rested', () => {
  const work = vi.fn();
  const { request } = paced(10, work);

  for (let count = 0; count < 100; count += 1) request();
  const atOnce = work.mock.calls.length;
  vi.advanceTimersByTime(100);

  expect([atOnce, work.mock.calls.length]).toEqual([1, 2]);
});

test('is done at most once in each rest, however often it is asked for', () => {
  const work = vi.fn();
  const { request } = paced(10, work);

  // At 0 ms, and after every 10 ms up to 1,000.
  for (let ms = 0; ms < 1_000; ms += 1) {
    request();
    vi.advanceTimersByTime(1);
  }

  expect(work).toHaveBeenCalledTimes(101);
});

test('is not done after its end', () => {
  const work = vi.fn();
  const { request, end } = paced(10, work);
  request();
  request();

  end();
  vi.advanceTimersByTime(100);

  expect(work).toHaveBeenCalledTimes(1);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../src/backoff.ts';

const pauses = { firstMs: 100, longestMs: 2_000 };

describe('backoffMs', () => {
  test('doubles, up to the longest', () => {
    const all = [0, 1, 2, 3, 4, 5, 6].map((attempt) => backoffMs(attempt, pauses, 0));

    expect(all).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000]);
  });

  test('is shortened by at most a half, after however many attempts', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

    fc.assert(
      fc.property(fc.nat(10_000), random, (attempt, chance) => {
        const longestMs = backoffMs(attempt, pauses, 0);
        const pauseMs = backoffMs(attempt, pauses, chance);
        expect(pauseMs).toBeGreaterThanOrEqual(longestMs / 2);
        expect(pauseMs).toBeLessThanOrEqual(longestMs);
      }),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { type Checked, noticed, sayWaiting, type Wanted } from '../../../../src/pools/health-endpoint/decisions.ts';
import type { Checker } from '../../../../src/pools/sidecar-services.ts';

/** Taken out at 100 s; checkers are known for long, and each acts on the third answer. */
const wanted: Wanted = { answer: 'out', times: 3, changedAtMs: 100_000, windowMs: 10_000 };

function checker(given: Partial<Checker>): Checker {
  return { address: '10.0.0.7', answer: 'out', times: 3, lastAtMs: 102_000, ...given };
}

function checked(checkers: readonly Checker[], given: Partial<Checked> = {}): Checked {
  return { checkers, knownSinceMs: 0, nowMs: 103_000, ...given };
}

describe('a change is noticed', () => {
  test.each<[string, readonly Checker[], Partial<Checked>, ReturnType<typeof noticed>]>([
    ['by one that was told often enough', [checker({})], {}, 'all'],
    ['not by one that was told too seldom', [checker({ times: 2 })], {}, 'not all'],
    ['not by one that was last told otherwise', [checker({ answer: 'in', times: 9 })], {}, 'not all'],
    ['only when each has', [checker({}), checker({ address: '10.0.0.8', times: 1 })], {}, 'not all'],
    ['not while the answer is on its way', [checker({ lastAtMs: 102_950 })], {}, 'not all'],
    ['while one answer more is on its way', [checker({ times: 4, lastAtMs: 102_950 })], {}, 'all'],
    ['without one that has not asked for long', [checker({}), checker({ answer: 'in', lastAtMs: 80_000 })], {}, 'all'],
    [
      'not without one that asked just before',
      [checker({}), checker({ answer: 'in', lastAtMs: 95_000 })],
      {},
      'not all',
    ],
    ['by nobody where nobody asks', [], {}, 'nobody asks'],
    ['by nobody where all have gone', [checker({ lastAtMs: 80_000 })], {}, 'nobody asks'],
    ['by nobody knows whom while the sidecar is new', [checker({})], { knownSinceMs: 95_000 }, 'unknown'],
    ['by nobody knows whom where nobody has asked a new sidecar', [], { knownSinceMs: 95_000 }, 'unknown'],
    ['by all once the sidecar is old enough', [checker({})], { knownSinceMs: 93_000 }, 'all'],
  ])('%s', (_, checkers, given, expected) => {
    expect(noticed(checked(checkers, given), wanted)).toBe(expected);
  });
});

test('who is waited for is told, and how far it is', () => {
  const checkers = [
    checker({}),
    checker({ address: '10.0.0.8', times: 1 }),
    checker({ address: '10.0.0.9', answer: 'in', times: 70 }),
  ];

  expect(sayWaiting(checked(checkers), wanted)).toBe('10.0.0.8 (1 of 3 times), 10.0.0.9 (0 of 3 times)');
});

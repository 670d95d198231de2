import { describe, expect, test } from 'vitest';
import {
  type Asked,
  hasHeardBack,
  hasTakenBack,
  hasTakenOut,
  heard,
  longestWaitMs,
  saySeldom,
} from '../../../../src/pools/haproxy/agent-decisions.ts';
import type { AgentTold, Checker } from '../../../../src/pools/sidecar-services.ts';

function checker(address: string, given: Partial<Checker<AgentTold>> = {}): Checker<AgentTold> {
  return { address, answer: 'out', times: 1, lastAtMs: 99_000, ...given };
}

/** Two seconds between questions, for a sidecar that has listened for a minute and more. */
function asked(checkers: readonly Checker<AgentTold>[], given: Partial<Asked> = {}): Asked {
  return { checkers, listeningSinceMs: 0, nowMs: 100_000, interMs: 2_000, expected: undefined, ...given };
}

describe('whether all who ask have it out', () => {
  test.each<readonly [string, Asked, object]>([
    ['all have', asked([checker('a'), checker('b')]), { kind: 'all' }],
    ['one has not', asked([checker('a'), checker('b', { answer: 'in' })]), { kind: 'waiting', who: 'b' }],
    [
      'one that has gone is not waited for',
      asked([checker('a'), checker('b', { answer: 'in', lastAtMs: 93_000 })]),
      { kind: 'all' },
    ],
    [
      'one that asks more seldom has not gone',
      asked([checker('a'), checker('b', { answer: 'in', lastAtMs: 80_000, gapsMs: [10_000, 10_010] })]),
      { kind: 'waiting', who: 'b' },
    ],
    [
      'a pause is no rhythm',
      asked([checker('a'), checker('b', { answer: 'in', lastAtMs: 80_000, gapsMs: [60_000, 1_000] })]),
      { kind: 'all' },
    ],
    ['nobody asks', asked([]), { kind: 'silent', who: '' }],
    ['all have gone', asked([checker('a', { lastAtMs: 1_000 })]), { kind: 'silent', who: '' }],
    ['others may come yet', asked([checker('a')], { listeningSinceMs: 95_000 }), { kind: 'too early' }],
    [
      'who has not been told is known early enough',
      asked([checker('a', { answer: 'nothing' })], { listeningSinceMs: 99_000 }),
      { kind: 'waiting', who: 'a' },
    ],
    ['who has to ask does not', asked([checker('a')], { expected: ['a', 'b', 'c'] }), { kind: 'absent', who: 'b, c' }],
    ['nobody asks who has to', asked([checker('x')], { expected: ['a', 'b'] }), { kind: 'silent', who: 'a, b' }],
    ['one was forgotten a moment ago', asked([checker('a')], { forgottenAtMs: 99_000 }), { kind: 'too many' }],
    ['one was forgotten long ago', asked([checker('a')], { forgottenAtMs: 9_000 }), { kind: 'all' }],
    [
      'one was forgotten that does not count',
      asked([checker('a')], { forgottenAtMs: 99_000, expected: ['a'] }),
      { kind: 'all' },
    ],
    [
      'who has to ask may come yet',
      asked([checker('a')], { expected: ['a', 'b'], listeningSinceMs: 99_000 }),
      { kind: 'too early' },
    ],
    [
      'where it is said who asks, nobody else comes',
      asked([checker('a')], { expected: ['a'], listeningSinceMs: 99_000 }),
      { kind: 'all' },
    ],
    ['nobody else counts', asked([checker('a'), checker('x', { answer: 'in' })], { expected: ['a'] }), { kind: 'all' }],
    [
      'an address is no name that anybody may send',
      asked([checker('10.0.0.7@10.6.6.6')], { expected: ['10.0.0.7'] }),
      { kind: 'silent', who: '10.0.0.7' },
    ],
    [
      'by the name that it sends, or by its address',
      asked([checker('lb1@10.0.0.7'), checker('lb2@10.0.0.8')], { expected: ['lb1', '10.0.0.8'] }),
      { kind: 'all' },
    ],
  ])('%s', (_, now, expected) => {
    expect(heard(now, hasTakenOut)).toEqual(expected);
  });
});

describe('a checker has a member back', () => {
  test.each<readonly [AgentTold, number, boolean, boolean]>([
    ['out', 3, false, false],
    ['perhaps out', 1, false, false],
    ['back', 1, false, false],
    ['back', 2, true, true],
    ['in', 1, true, true],
    ['nothing', 5, true, false],
  ])('told %s %i times: %s, and %s while it is being put back', (answer, times, isIn, hasHeard) => {
    expect([hasTakenBack({ answer, times }), hasHeardBack({ answer, times })]).toEqual([isIn, hasHeard]);
  });
});

test('one that asks more seldom than it should is named', () => {
  const seldom = checker('b', { gapsMs: [10_000, 10_010] });
  expect(saySeldom(asked([checker('a', { gapsMs: [2_010, 2_100] }), seldom]))).toBe('b (every 10s)');
});

test('a change waits for the slowest, and less long than the engine does', () => {
  expect(longestWaitMs(asked([]))).toBe(7_000);
  expect(longestWaitMs(asked([checker('a', { gapsMs: [4_000] })]))).toBe(13_000);
  expect(longestWaitMs(asked([checker('a', { lastAtMs: 90_000, gapsMs: [60_000] })]))).toBe(27_000);
});

import { describe, expect, test } from 'vitest';
import {
  beforeOf,
  type DepoolPolicy,
  depoolChange,
  isOtherHand,
  isStatus,
  placementOf,
  readBefore,
  repoolChange,
} from '../../../../src/pools/apache-balancer/decisions.ts';

const drain: DepoolPolicy = { depool: 'drain', disableAfterMs: undefined };
const tightening: DepoolPolicy = { depool: 'drain', disableAfterMs: 1_000 };
const disable: DepoolPolicy = { depool: 'disable', disableAfterMs: undefined };

function readBack(status: string, policy: DepoolPolicy) {
  const read = readBefore(beforeOf(status, policy));
  if (read === undefined) throw new Error('not readable');
  return read;
}

describe("a worker's status", () => {
  test.each([
    ['Init Ok', 'in'],
    ['Init Stby Ok', 'in'],
    ['Init Spar Ok', 'in'],
    ['Init Ign Ok', 'in'],
    ['Init Drn Ok', 'out'],
    ['Init Dis', 'out'],
    ['Init Stop', 'out'],
    ['Init Drn Err', 'out'],
    ['Init Err', 'down'],
    ['Init HcFl', 'down'],
    ['Ok', 'in'],
    ['Init', 'down'],
  ])('%s is %s', (status, placement) => {
    expect(placementOf(status)).toBe(placement);
  });

  test.each([
    ['Init Drn Ok', true],
    ['Init New Ok', true],
    ['', false],
    ['welcome', false],
  ])('"%s" is one of Apache: %s', (status, expected) => {
    expect(isStatus(status)).toBe(expected);
  });
});

describe('taking a worker out', () => {
  test.each([
    ['Init Ok', drain, 0, { Drn: true }],
    ['Init Ok', disable, 0, { Dis: true }],
    ['Init Err', drain, 0, { Drn: true }],
    ['Init Drn Ok', drain, 0, undefined],
    ['Init Dis', drain, 0, undefined],
    ['Init Stop', tightening, 5_000, undefined],
    ['Init Drn Ok', tightening, 999, undefined],
    ['Init Drn Ok', tightening, 1_000, { Dis: true }],
    ['Init Ok', tightening, 1_000, { Dis: true }],
  ] as const)('that is %s sets what it takes', (status, policy, outForMs, change) => {
    expect(depoolChange(status, policy, outForMs)).toEqual(change);
  });
});

describe('putting a worker back', () => {
  test.each([
    ['Init Drn Ok', 'Init Ok', drain, { Drn: false }],
    ['Init Drn Dis', 'Init Ok', tightening, { Drn: false, Dis: false }],
    ['Init Drn Stop', 'Init Ok', drain, { Drn: false }],
    ['Init Dis', 'Init Dis', disable, undefined],
    ['Init Stop', 'Init Ok', drain, undefined],
    ['Init Ok', 'Init Drn Ok', drain, undefined],
  ] as const)('from %s to %s', (now, then, policy, change) => {
    expect(repoolChange(now, readBack(then, policy), policy)).toEqual(change);
  });

  test('clears what an earlier configuration set', () => {
    expect(repoolChange('Init Dis', readBack('Init Ok', disable), drain)).toEqual({ Dis: false });
  });

  test('a flag that was not ours is another hand', () => {
    const then = beforeOf('Init Ok', drain);
    expect(isOtherHand(then, beforeOf('Init Drn Ok', drain))).toBe(false);
    expect(isOtherHand(then, beforeOf('Init Drn Dis', drain))).toBe(true);
  });

  test.each([[7], ['Drn'], [{ flags: 'Drn' }], [[]]])('%j in the journal is not readable', (json) => {
    expect(readBefore(json)).toBeUndefined();
  });
});

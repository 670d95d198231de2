import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CapacityRule } from '../../../src/config/config.ts';
import {
  canBecomeEnough,
  comesFirst,
  countOthers,
  isEnough,
  judge,
  neededOf,
  type Reading,
  sayReading,
  worstOf,
} from '../../../src/drain/capacity.ts';
import type { Server } from '../../../src/pools/pool.ts';

/** `in` is available; `going` still gets work, but may be down in a moment. */
type Standing = 'in' | 'going' | 'down' | 'out';

const texts = { in: 'UP', going: 'UP 1/3', down: 'DOWN', out: 'DRAIN' } as const;

function server(name: string, standing: Standing): Server {
  const placement = standing === 'going' ? 'in' : standing;
  return { name, available: standing === 'in', placement, text: texts[standing] };
}

/** What one address says; `own` is the member's name. */
function reading(
  own: string,
  servers: Readonly<Record<string, Standing>>,
  minimum: CapacityRule['minAvailable'],
): Reading {
  const all = Object.entries(servers).map(([name, standing]) => server(name, standing));
  return { own, servers: all, rule: { minAvailable: minimum, waitMs: 0 } };
}

describe('how many are needed', () => {
  test.each([
    [{ servers: 2 }, 9, 2],
    [{ percent: 50 }, 4, 2],
    [{ percent: 50 }, 5, 3],
    [{ percent: 1 }, 3, 1],
    [{ percent: 99 }, 3, 3],
    [{ percent: 33 }, 100, 33],
    [{ percent: 7 }, 100, 7],
  ])('by %j of %i servers is %i', (minAvailable, servers, needed) => {
    expect(neededOf({ minAvailable, waitMs: 0 }, servers)).toBe(needed);
  });
});

describe('the others', () => {
  test('are counted without the member itself; only who is sure of its work is available', () => {
    const counted = reading('a', { a: 'in', b: 'in', c: 'going', d: 'down', e: 'out' }, { servers: 2 });

    expect(countOthers(counted)).toEqual({ available: 1, others: 4, needed: 2 });
    expect(sayReading(counted)).toBe('1 of 4 others, 2 are needed; not available: c (UP 1/3), d (DOWN), e (DRAIN)');
  });

  test('that are many are not all named', () => {
    const many = Object.fromEntries([...'bcdefgh'].map((name) => [name, 'out' as const]));

    expect(sayReading(reading('a', { a: 'in', ...many }, { servers: 1 }))).toMatch(/f \(DRAIN\), 2 more$/);
  });
});

describe('a member may be taken out', () => {
  test.each([
    ['enough others are available', 'in', 'in', true],
    ['it gets work, and there are too few others', 'in', 'down', false],
    ['it still gets work, and there are too few others', 'going', 'down', false],
    ['it is out already', 'out', 'down', true],
    ['it is down', 'down', 'out', true],
  ] as const)('where %s', (_, own, other, may) => {
    expect(isEnough(reading('a', { a: own, b: other }, { servers: 1 }))).toBe(may);
  });

  test('where the pool does not know it, so that depooling tells', () => {
    expect(isEnough(reading('a', { b: 'out' }, { servers: 1 }))).toBe(true);
  });
});

describe('a wait', () => {
  test.each([
    ['for what may come back', { a: 'in', b: 'out', c: 'down' }, [], true],
    ['for more than there are', { a: 'in', b: 'in' }, [], false],
    ['for what the run itself has taken out for good', { a: 'in', b: 'out', c: 'down' }, ['b'], false],
  ] as const)('%s', (_, servers, gone, can) => {
    expect(canBecomeEnough(reading('a', servers, { servers: 2 }), new Set(gone))).toBe(can);
  });
});

const byName = (other: string) => other < 'a';

describe('after it was taken out', () => {
  const before = { a: 'in', b: 'in', c: 'in' } as const;
  const verdict = (own: string, now: Readonly<Record<string, Standing>>, servers: number) =>
    judge(reading(own, before, { servers }), reading(own, now, { servers }), (other) => other < own);

  test.each([
    ['enough are left', 'a', { a: 'out', b: 'in', c: 'in' }, 2, 'enough'],
    ['another one went too, but enough are left', 'b', { a: 'out', b: 'out', c: 'in' }, 1, 'enough'],
    ['another one went too, that comes after it', 'a', { a: 'out', b: 'out', c: 'in' }, 2, 'stay'],
    ['another one went too, that comes before it', 'b', { a: 'out', b: 'out', c: 'in' }, 2, 'give way'],
    ['two went too, and one of them must go back', 'b', { a: 'out', b: 'out', c: 'out' }, 1, 'stay'],
    ['two went too, and both come before it', 'c', { a: 'out', b: 'out', c: 'out' }, 1, 'give way'],
    ['another one broke down', 'a', { a: 'out', b: 'down', c: 'in' }, 2, 'give way'],
    ['the one that gave way is not confirmed by the check yet', 'a', { a: 'out', b: 'going', c: 'in' }, 2, 'enough'],
  ] as const)('and %s', (_, own, now, servers, expected) => {
    expect(verdict(own, now, servers)).toBe(expected);
  });

  test('an address that does not answer is not enough', () => {
    expect(judge(reading('a', before, { servers: 1 }), undefined, byName)).toBe('stay');
  });

  test('one that got no work before costs nothing', () => {
    expect(judge(reading('a', { a: 'out', b: 'in' }, { servers: 1 }), undefined, byName)).toBe('enough');
  });

  test('who was out before does not give way', () => {
    const counted = reading('a', { a: 'in', b: 'in', c: 'out' }, { servers: 1 });
    const now = reading('a', { a: 'out', b: 'down', c: 'out' }, { servers: 1 });

    expect(judge(counted, now, byName)).toBe('give way');
  });

  test('the worst address counts', () => {
    expect(worstOf([])).toBe('enough');
    expect(worstOf(['enough', 'stay'])).toBe('stay');
    expect(worstOf(['stay', 'give way', 'enough'])).toBe('give way');
  });

  test('of those that went out together some stay and some give way, and those that stay are few enough', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const cases = fc.record({
      took: fc.subarray(names, { minLength: 1 }),
      servers: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(cases, ({ took, servers }) => {
        const all = Object.fromEntries(names.map((name) => [name, 'in' as const]));
        const now = Object.fromEntries(
          names.map((name) => [name, took.includes(name) ? ('out' as const) : ('in' as const)]),
        );
        const verdicts = took.map((own) =>
          judge(reading(own, all, { servers }), reading(own, now, { servers }), (other) => other < own),
        );
        const staying = verdicts.filter((each) => each !== 'give way').length;
        // Each of those that stay sees enough once the others have gone back; and there is always one.
        return staying === Math.min(took.length, names.length - servers);
      }),
    );
  });
});

describe('the order in which hosts give way', () => {
  test.each([
    ['by which was out first, at every address', 'b', 'a', [['b'], ['b', 'c']], true],
    ['by which was out first, whatever its name', 'a', 'b', [['c'], []], false],
    ['by name where the addresses disagree', 'b', 'a', [['b'], []], false],
    ['by name where the addresses disagree, for both', 'a', 'b', [[], ['a']], true],
    ['by name where one does not know', 'a', 'b', [[], undefined], true],
    ['by name where none knows', 'b', 'a', [undefined], false],
  ] as const)('is %s', (_, other, own, outBefore, first) => {
    const told = outBefore.map((names) => names && new Set<string>(names));

    expect(comesFirst(other, own, told)).toBe(first);
  });
});

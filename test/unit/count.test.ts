import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerpt, parseCount, wholeCount } from '../../src/count.ts';

describe('parseCount', () => {
  test.each([
    ['0', 0],
    [' 12\n', 12],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%j is %i', (text, count) => {
    expect(parseCount(text)).toBe(count);
  });

  test.each([
    '',
    ' ',
    '-0',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x10',
    'NaN',
    'Infinity',
    '1,000',
    '1 2',
    '٣',
    '9007199254740992',
  ])('%j is no count', (text) => {
    expect(parseCount(text)).toBeUndefined();
  });

  test('whatever is not digits is no count', () => {
    const noDigits = fc.string({ unit: 'binary' }).filter((text) => !/^\d+$/.test(text.trim()));
    fc.assert(
      fc.property(noDigits, (text) => parseCount(text) === undefined),
      { numRuns: 10_000 },
    );
  }, 120_000);
});

describe('wholeCount', () => {
  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', null, undefined, [], true])(
    '%j is none',
    (value) => {
      expect(wholeCount(value)).toBeUndefined();
    },
  );
});

describe('excerpt', () => {
  test.each([
    ['', 'nothing'],
    ['a\n b', '"a b"'],
    ['x'.repeat(100), `"${'x'.repeat(80)}…"`],
  ])('of %j', (text, short) => {
    expect(excerpt(text)).toBe(short);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, maxDurationMs, parseDuration } from '../../src/duration.ts';
import { durationSchema } from '../../src/duration-schema.ts';

describe('parseDuration', () => {
  test.each([
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['1h2m3s4ms', 3_723_004],
    ['90s', 90_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '30', '-3s', '1.5s', '1M', '30 s', ' 30s', '30s\n', 's', 'ms', '30s1m', '1s1s', '1d', '1e3s', '600h'])(
    '%j is refused',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test('reads back whatever formatDuration writes', () => {
    const anyMs = fc.integer({ min: 0, max: maxDurationMs });
    fc.assert(fc.property(anyMs, (ms) => parseDuration(formatDuration(ms)) === ms));
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [-5, '0s'],
    [0.4, '0s'],
    [1_499.6, '1s500ms'],
    [3_600_000, '1h'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('durationSchema', () => {
  const complaint = (value: unknown) => durationSchema.safeParse(value).error?.issues[0]?.message;

  test('gives milliseconds', () => {
    expect(durationSchema.parse('1m30s')).toBe(90_000);
  });

  test('asks for the unit of a bare number', () => {
    expect(complaint(30)).toBe('30 has no unit: write 30s for seconds or 30ms for milliseconds');
  });

  test.each([
    ['soon', '"soon" is not a duration'],
    ['600h', '"600h" is too long'],
    [null, 'a duration is expected'],
  ])('says what is wrong with %j', (value, text) => {
    expect(complaint(value)).toContain(text);
  });
});

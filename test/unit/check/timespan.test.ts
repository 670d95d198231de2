import { expect, test } from 'vitest';
import { parseTimespan } from '../../../src/check/timespan.ts';

test.each([
  ['1min 30s', 90_000],
  ['1h 1min', 3_660_000],
  ['500ms', 500],
  ['1.500s', 1_500],
  ['100us', 0.1],
  ['1d 2h', 93_600_000],
  ['infinity', Number.POSITIVE_INFINITY],
  ['0', 0],
])('%s is %d ms', (text, ms) => {
  expect(parseTimespan(text)).toBeCloseTo(ms);
});

test.each(['', '[not set]', '90', '1 min', 'soon'])('"%s" is no time span', (text) => {
  expect(parseTimespan(text)).toBeUndefined();
});

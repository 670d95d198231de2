import { describe, expect, test } from 'vitest';
import { extensionMs, extensionOf, isDue } from '../../../src/systemd/extension.ts';

describe('systemd is told', () => {
  test('the first text at once', () => {
    expect(isDue(undefined, 'a', 0)).toBe(true);
  });

  test.each([
    ['a changed text after less than a second', 'b', 999, false],
    ['a changed text after a second', 'b', 1_000, true],
    ['the same text after three seconds', 'a', 3_999, false],
    ['the same text after four seconds, for the extension', 'a', 4_000, true],
  ])('%s: %s', (_, text, afterMs, expected) => {
    expect(isDue({ atMs: 500, text: 'a' }, text, 500 + afterMs)).toBe(expected);
  });
});

describe('the time-out is extended', () => {
  test.each([
    ['by a fixed time while there is enough', 0, 60_000, extensionMs],
    ['no further than the limit', 50_000, 60_000, 10_000],
    ['not at the limit', 60_000, 60_000, 0],
    ['not after it', 70_000, 60_000, 0],
    ['by whole milliseconds', 59_000.5, 60_000, 999],
  ])('%s', (_, elapsedMs, limitMs, expected) => {
    expect(extensionOf(elapsedMs, limitMs)).toBe(expected);
  });
});

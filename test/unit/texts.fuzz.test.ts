import fc from 'fast-check';
import { expect } from 'vitest';
import { parseCount } from '../../src/count.ts';
import { formatDuration, maxDurationMs, parseDuration } from '../../src/duration.ts';
import { atPointer, isJsonPointer } from '../../src/json-pointer.ts';
import { countReported } from '../../src/probes/reported.ts';
import { fuzz, mutated } from '../faults/support/fuzz.ts';

fuzz(
  'counts',
  'are read as they were written, whatever blanks are around them',
  fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.constantFrom('', ' ', '\n', '\t'), (count, blank) => {
    expect(parseCount(`${blank}${count}${blank}`)).toBe(count);
  }),
);

fuzz(
  'counts',
  'are 0 only where the text is zeros',
  fc.property(
    mutated(fc.constantFrom('1', '17', '0', ''), { words: ['0', '-', '+', '.', 'e', ' ', 'x', '٠', '\0'] }),
    (text) => {
      expect(parseCount(text) === 0).toBe(/^\s*0{1,16}\s*$/.test(text));
    },
  ),
);

fuzz(
  'counts',
  'that a program reports are the last ones, or unknown',
  fc.property(
    fc.array(
      fc.tuple(
        fc.constantFrom('in_flight', 'jobs', 'x.in_flight'),
        fc.oneof(fc.nat().map(String), fc.constantFrom('', '-1', 'NaN', '0x1')),
      ),
    ),
    fc.constantFrom(' ', '\n', ', ', ';', '&'),
    (pairs, separator) => {
      const said = pairs.map(([key, value]) => `${key}=${value}`).join(separator);
      const last = pairs.findLast(([key]) => key === 'in_flight')?.[1] ?? '';

      expect(countReported(said, 'in_flight')).toBe(/^\d+$/.test(last) ? Number(last) : undefined);
    },
  ),
);

fuzz(
  'durations',
  'are read as they were written',
  fc.property(fc.integer({ min: 0, max: maxDurationMs }), (ms) => {
    expect(parseDuration(formatDuration(ms))).toBe(ms);
  }),
);

const unitsMs = [3_600_000, 60_000, 1_000, 1];

fuzz(
  'durations',
  'are the sum of their parts, or refused past the longest',
  fc.property(fc.array(fc.option(fc.nat(5_000)), { minLength: 4, maxLength: 4 }), (parts) => {
    const text = parts.map((part, index) => (part === null ? '' : `${part}${['h', 'm', 's', 'ms'][index]}`)).join('');
    const sum = parts.reduce<number>((total, part, index) => total + (part ?? 0) * (unitsMs[index] ?? 0), 0);

    expect(parseDuration(text)).toBe(text === '' || sum > maxDurationMs ? undefined : sum);
  }),
);

fuzz(
  'durations',
  'that are damaged are durations or refused, and 0 only where every number is',
  fc.property(
    mutated(fc.constantFrom('1m30s', '500ms', '2h'), { words: ['0', '-', '.', ' ', 'ms', 'h', 'M', '٣', 'e3'] }),
    (text) => {
      const ms = parseDuration(text);

      if (ms === undefined) return;
      expect(Number.isSafeInteger(ms) && ms >= 0 && ms <= maxDurationMs).toBe(true);
      expect(ms === 0).toBe(!/[1-9]/.test(text));
    },
  ),
);

const key = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 5 }),
  fc.constantFrom('~', '/', '~1', '', '0', '__proto__', 'toString'),
);

fuzz(
  'JSON pointers',
  'lead to the value at the end of their path',
  fc.property(fc.array(fc.oneof(key, fc.nat(3)), { maxLength: 5 }), fc.jsonValue(), (path, leaf) => {
    const value = path.reduceRight<unknown>(
      (inner, step) =>
        typeof step === 'number' ? [...Array(step).fill(null), inner] : Object.fromEntries([[step, inner]]),
      leaf,
    );
    const pointer = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

    expect(isJsonPointer(pointer)).toBe(true);
    expect(atPointer(value, pointer)).toEqual(leaf);
  }),
);

fuzz(
  'JSON pointers',
  'of any text lead nowhere, or to what the value holds',
  fc.property(
    fc.jsonValue(),
    mutated(fc.constantFrom('/a/0', '/~0~1', ''), { words: ['/', '~', '~0', '-', '/length', '/__proto__'] }),
    (value, pointer) => {
      const found = atPointer(value, pointer);

      if (found !== undefined) expect(JSON.stringify(value)).toContain(JSON.stringify(found));
    },
  ),
);

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv } from '../../../../src/pools/haproxy/csv.ts';

/** As HAProxy writes: quoted only where it must be. */
function writeField(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

describe('readCsv', () => {
  test('reads quoted fields with commas, quotes and line ends', () => {
    expect(readCsv('a,"b, ""c""\nd",\ne,,f')).toEqual([
      ['a', 'b, "c"\nd', ''],
      ['e', '', 'f'],
    ]);
  });

  test.each(['"a', 'a"b', '"a"b', 'a,"b\n'])('%j is damaged', (text) => {
    expect(readCsv(text)).toBeUndefined();
  });

  test.each([
    ['', []],
    ['a,b', [['a', 'b']]],
    [
      'a,\n,b\n',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['a\n\n', [['a'], ['']]],
  ])('%j has no quotes', (text, rows) => {
    expect(readCsv(text)).toEqual(rows);
  });

  test('reads back what was written', () => {
    const rows = fc.array(fc.array(fc.string(), { minLength: 2 }), { minLength: 1 });
    const write = (table: readonly string[][]) => table.map((row) => row.map(writeField).join(',')).join('\n');
    fc.assert(
      fc.property(rows, (table) => {
        expect(readCsv(write(table))).toEqual(table);
      }),
      { numRuns: 2_000 },
    );
  }, 120_000);
});

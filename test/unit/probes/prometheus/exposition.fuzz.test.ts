import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExposition } from '../../../../src/probes/prometheus/exposition.ts';
import { sumSeries } from '../../../../src/probes/prometheus/sum-series.ts';
import { cpuMs, fuzz, linearLimitMs, mutated } from '../../../faults/support/fuzz.ts';

const subject = 'Prometheus text';

const page =
  '# HELP busy Requests.\n# TYPE busy gauge\nbusy{pool="web",worker="1"} 3\nbusy{pool="web",worker="2"} 14 1395066363111\n' +
  '# TYPE seconds histogram\nseconds_bucket{le="+Inf"} 7\nseconds_sum 1.5e+06\n';
const words = [
  '{',
  '}',
  '"',
  '\\',
  '\\n',
  '=',
  ',',
  ' ',
  '\n',
  '# TYPE ',
  '# EOF',
  'NaN',
  '-Inf',
  '-',
  '.',
  'e9',
  'busy',
  '\r',
  '<p>',
];

fuzz(
  subject,
  'that is damaged is read, or the line that is wrong is named',
  fc.property(mutated(fc.constant(page), { words: [...words, '0'] }), (text) => {
    try {
      for (const { name, value } of parseExposition(text).samples)
        expect([name, typeof value]).toEqual([expect.stringMatching(/./), 'number']);
    } catch (error) {
      const [, line] = /^line (\d+) /.exec(String((error as Error).message)) ?? []; // as: parseExposition throws Errors only
      if (line === undefined)
        expect(error).toMatchObject({ message: expect.stringMatching(/^(its last line|it goes on)/) });
      else expect(Number(line)).toBeLessThanOrEqual(text.split('\n').length);
    }
  }),
);

fuzz(
  subject,
  'without a 0 never counts 0, however damaged',
  fc.property(
    mutated(fc.constant(page), { words }).map((text) => text.replaceAll('0', '9')),
    (text) => {
      const counts: (number | undefined)[] = [];
      try {
        counts.push(
          sumSeries(parseExposition(text), { metric: 'busy', labels: { pool: 'web' }, labelsRegex: new Map() }),
        );
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
      // 3e-999 is 0 to every reader of numbers; nobody counts like that.
      if (!/\de-\d/i.test(text)) expect(counts).not.toContain(0);
    },
  ),
);

test.each([
  ['escapes', `a{b="${'\\n'.repeat(300_000)}"} 1\n`],
  ['labels', `a{${'b="c",'.repeat(150_000)}} 1\n`],
  ['a label value', `a{b="${'x'.repeat(10_000_000)}"} 1\n`],
  ['blanks', `a${' '.repeat(1_000_000)}x\n`],
  ['digits', `a ${'1'.repeat(1_000_000)}x\n`],
])(
  'Prometheus text: a megabyte or more of %s takes less than seconds',
  (_, text) => {
    const read = () => {
      try {
        parseExposition(text);
      } catch (error) {
        expect(error).toMatchObject({ message: expect.stringMatching(/^line 1 /) });
      }
    };

    expect(cpuMs(read)).toBeLessThan(linearLimitMs);
  },
  120_000,
);

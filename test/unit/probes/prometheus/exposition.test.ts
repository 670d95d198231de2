import fc from 'fast-check';
import { Gauge, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { parseExposition } from '../../../../src/probes/prometheus/exposition.ts';

/** The series as `name{labels} value`. */
function seriesIn(text: string): unknown[] {
  return parseExposition(text).samples.map(({ name, labels, value }) => [name, Object.fromEntries(labels), value]);
}

describe('parseExposition reads', () => {
  test.each([
    ['a series', 'a 3\n', ['a', {}, 3]],
    ['labels', 'a{b="c",d="e"} 3\n', ['a', { b: 'c', d: 'e' }, 3]],
    ['a comma behind the last label', 'a{b="c",} 3\n', ['a', { b: 'c' }, 3]],
    ['no labels in braces', 'a{} 3\n', ['a', {}, 3]],
    ['blanks and tabs everywhere', ' a\t{ b = "c" ,\td="e" } \t3  17 \n', ['a', { b: 'c', d: 'e' }, 3]],
    ['no blank behind the braces', 'a{b="c"}3\n', ['a', { b: 'c' }, 3]],
    ['escapes', 'a{b="x\\\\y\\"z\\n"} 3\n', ['a', { b: 'x\\y"z\n' }, 3]],
    ['a backslash before an n', 'a{b="\\\\n"} 3\n', ['a', { b: '\\n' }, 3]],
    ['what looks like syntax, in quotes', 'a{b="},c=# 1"} 3\n', ['a', { b: '},c=# 1' }, 3]],
    ['a timestamp', 'a 3 1395066363000\n', ['a', {}, 3]],
    ['a timestamp before 1970', 'a 3 -3982045\n', ['a', {}, 3]],
    ['a colon in a name', 'a:b 3\n', ['a:b', {}, 3]],
    ['an exponent, as Go writes a million', 'a 1e+06\n', ['a', {}, 1_000_000]],
    ['a point', 'a 3.0\n', ['a', {}, 3]],
    ['a fraction', 'a .5\n', ['a', {}, 0.5]],
    ['NaN', 'a NaN\n', ['a', {}, Number.NaN]],
    ['infinity', 'a +Inf\n', ['a', {}, Number.POSITIVE_INFINITY]],
    ['minus infinity', 'a -Inf\n', ['a', {}, Number.NEGATIVE_INFINITY]],
    ['OpenMetrics', '# TYPE a gauge\n# UNIT a s\na 3 1.5\n# EOF\n', ['a', {}, 3]],
    ['OpenMetrics without a last line feed', 'a 3\n# EOF', ['a', {}, 3]],
    ['an exemplar', 'a 3 # {trace="x"} 0.5 1.5\n# EOF\n', ['a', {}, 3]],
    ['comments', '#\n# a remark\n#TYPE is none\n# HELP a {b=\n\n \na 3\n', ['a', {}, 3]],
  ])('%s', (_, text, series) => {
    expect(seriesIn(text)).toEqual([series]);
  });

  test('nothing in nothing', () => {
    expect(seriesIn('')).toEqual([]);
  });

  test('types', () => {
    const { types } = parseExposition('# TYPE a gauge\n#  TYPE\tb  counter \n');
    expect([...types]).toEqual([
      ['a', 'gauge'],
      ['b', 'counter'],
    ]);
  });
});

describe('parseExposition refuses', () => {
  test.each([
    ['HTML', '<!doctype html>\n<html></html>\n', 'line 1 is not'],
    ['JSON', '{"a": 3}\n', 'line 1 is not'],
    ['a name alone', 'a\n', 'line 1 is not'],
    ['a number alone', '3\n', 'line 1 is not'],
    ['no blank before the value', 'a3\n', 'line 1 is not'],
    ['two values', 'a 1 2 3\n', 'line 1 is not'],
    ['a value with a unit', 'a 3s\n', 'line 1 is not'],
    ['a hexadecimal value', 'a 0x3\n', 'line 1 is not'],
    ['a bad name', 'a-b 3\n', 'line 1 is not'],
    ['a bad label', 'a{b-c="d"} 3\n', 'line 1 is not'],
    ['a label without quotes', 'a{b=c} 3\n', 'line 1 is not'],
    ['an unknown escape', 'a{b="\\t"} 3\n', 'line 1 is not'],
    ['an open quote', 'a{b="c} 3\n', 'line 1 is not'],
    ['two commas', 'a{b="c",,} 3\n', 'line 1 is not'],
    ['a carriage return', 'a 3\r\n', 'line 1 is not'],
    ['a line further down', 'a 3\n\nb\n', 'line 3 is not'],
    ['an unknown type', '# TYPE a gouge\n', 'line 1 is not'],
    ['a type without a metric', '# TYPE\n', 'line 1 is not'],
    ['a second type', '# TYPE a gauge\n# TYPE a gauge\n', 'line 2 gives a a second type'],
    ['a label twice', 'a{b="1",b="2"} 3\n', 'line 1 has the label b twice'],
    ['a cut-off line', 'a 3', 'its last line is cut off'],
    ['more after the end', 'a 3\n# EOF\nb 4\n', 'it goes on after "# EOF"'],
  ])('%s', (_, text, why) => {
    expect(() => parseExposition(text)).toThrow(why);
  });
});

describe('parseExposition, whatever it is given,', () => {
  const word = fc.constantFrom(
    ...[
      'a',
      'b_total',
      '{',
      '}',
      '"',
      '\\',
      '\\n',
      '=',
      ',',
      ' ',
      '\t',
      '\n',
      '# TYPE ',
      '# EOF',
      '#',
      '3',
      '-1',
      '.5',
      'e9',
      'NaN',
      '+Inf',
      '\r',
    ],
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(word, { maxLength: 40 }).map((words) => words.join('')),
  );

  test('gives finite lists of named series, or says which line is wrong', () => {
    fc.assert(
      fc.property(text, (page) => {
        try {
          return parseExposition(page).samples.every(({ name, value }) => name !== '' && typeof value === 'number');
        } catch (error) {
          return error instanceof Error && /^(line \d+|its last line|it goes on)/.test(error.message);
        }
      }),
      { numRuns: 10_000 },
    );
  }, 120_000);

  test('takes no longer for a long line than for many', () => {
    const startedAt = performance.now();
    for (const part of ['1', ' ', 'a="b",', '\\"', '# '])
      expect(() => parseExposition(`a{${part.repeat(200_000)}`)).toThrow();
    expect(() => parseExposition(`a ${'1'.repeat(500_000)}x\n`)).toThrow();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

test("parseExposition agrees with prom-client's output", async () => {
  const labelNames = ['state', 'pool', '_x'] as const;
  const labels = fc.record(
    Object.fromEntries(labelNames.map((label) => [label, fc.string({ unit: 'binary', maxLength: 8 })])),
    { requiredKeys: [] },
  );
  const series = fc.uniqueArray(
    fc.tuple(
      labels,
      fc.double().map((value) => (value === 0 ? 0 : value)),
    ),
    {
      maxLength: 4,
      selector: ([given]) => JSON.stringify(labelNames.map((label) => given[label] ?? '')),
    },
  );
  const registries = fc.record({
    name: fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/),
    help: fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    contentType: fc.constantFrom(Registry.PROMETHEUS_CONTENT_TYPE, Registry.OPENMETRICS_CONTENT_TYPE),
    series,
  });
  await fc.assert(
    fc.asyncProperty(registries, async ({ name, help, contentType, series: wanted }) => {
      const registry = new Registry();
      registry.setContentType(contentType as typeof Registry.PROMETHEUS_CONTENT_TYPE); // as: its type knows only one of the two
      const gauge = new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
      for (const [given, value] of wanted) gauge.set(given, value);
      const page = await registry.metrics();
      expect(seriesIn(page)).toEqual(wanted.map(([given, value]) => [name, { ...given }, value]));
    }),
    { numRuns: 10_000 },
  );
}, 60_000);

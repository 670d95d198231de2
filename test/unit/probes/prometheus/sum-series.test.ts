import { describe, expect, test } from 'vitest';
import { parseExposition } from '../../../../src/probes/prometheus/exposition.ts';
import { type SeriesQuery, sumSeries } from '../../../../src/probes/prometheus/sum-series.ts';

const page = `# TYPE busy gauge
busy{state="active",pool="web"} 3
busy{state="active",pool="api"} 4
busy{state="idle",pool="web"} 100
busy{pool="none"} 1000
other{state="active"} 10000
`;

function sum(text: string, query: Partial<SeriesQuery> = {}): number | undefined {
  return sumSeries(parseExposition(text), { metric: 'busy', labels: {}, labelsRegex: new Map(), ...query });
}

describe('sumSeries', () => {
  test.each([
    ['all of the metric', {}, 1107],
    ['one label', { labels: { state: 'active' } }, 7],
    ['two labels', { labels: { state: 'active', pool: 'api' } }, 4],
    ['a label that is not there', { labels: { state: '' } }, 1000],
    ['a regular expression', { labelsRegex: new Map([['pool', /^(?:web|api)$/]]) }, 107],
    ['both', { labels: { state: 'idle' }, labelsRegex: new Map([['pool', /^w.*$/]]) }, 100],
    ['nothing', { labels: { state: 'on fire' } }, undefined],
    ['another metric', { metric: 'buzy' }, undefined],
  ])('of %s', (_, query, expected) => {
    expect(sum(page, query)).toBe(expected);
  });

  test.each([
    ['nothing on the page', '# a remark\n', 'it has no metric at all'],
    ['NaN', 'busy NaN\n', 'busy{} is NaN'],
    ['infinity', 'busy +Inf\n', 'busy{} is Infinity'],
    ['a negative one', 'busy{a="1"} 5\nbusy{a="2"} -1\n', 'busy{a="2"} is -1'],
    ['a fraction', 'busy 0.5\n', 'busy{} is 0.5'],
    ['a sum that is too large', `busy{a="1"} ${Number.MAX_SAFE_INTEGER}\nbusy{a="2"} 1\n`, 'too large'],
    ['a series twice', 'busy{a="1",b="2"} 0\nbusy{b="2",a="1"} 0\n', 'busy{a="1",b="2"} is there twice'],
    ['a counter', '# TYPE busy counter\nbusy 0\n', 'belongs to a counter'],
  ])('takes %s for unknown', (_, text, why) => {
    expect(() => sum(text)).toThrow(why);
  });

  test.each([
    ['requests_total', 'counter', 'requests'],
    ['requests_total', 'counter', 'requests_total'],
    ['seconds_count', 'histogram', 'seconds'],
    ['seconds_sum', 'summary', 'seconds'],
    ['seconds', 'summary', 'seconds'],
  ])('%s of the %s %s is no gauge', (metric, type, family) => {
    expect(() => sum(`# TYPE ${family} ${type}\n${metric} 0\n`, { metric })).toThrow('only a gauge goes back to 0');
  });

  test.each(['gauge', 'untyped', 'unknown'])('%s may go back to 0, whatever its name', (type) => {
    expect(sum(`# TYPE jobs_count ${type}\njobs_count 0\n`, { metric: 'jobs_count' })).toBe(0);
  });

  test('a metric without a type may be a gauge', () => {
    expect(sum('busy 2\n')).toBe(2);
  });

  test('a gauge that has no series yet is on the page', () => {
    expect(sum('# TYPE busy gauge\n')).toBeUndefined();
  });

  test('-0 is 0', () => {
    expect(sum('busy -0\n')).toBe(0);
  });
});

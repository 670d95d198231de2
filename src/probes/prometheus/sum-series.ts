import { wholeCount } from '../../count.ts';
import type { Exposition, Sample } from './exposition.ts';

/** Which series are summed. */
export interface SeriesQuery {
  readonly metric: string;
  /** The value that each of these labels must have; an empty one also matches a series without the label. */
  readonly labels: Readonly<Record<string, string>>;
  /** What the value of each of these labels must match as a whole. */
  readonly labelsRegex: ReadonlyMap<string, RegExp>;
}

/** Types whose values do not come back to 0 when nothing is in flight, with the endings of their series' names. */
const endings: Readonly<Record<string, readonly string[]>> = {
  counter: ['', '_total', '_created'],
  histogram: ['', '_bucket', '_count', '_sum', '_created'],
  gaugehistogram: ['', '_bucket', '_gcount', '_gsum'],
  summary: ['', '_count', '_sum', '_created'],
  info: ['', '_info'],
};

/**
 * The sum of all series that match; undefined where there is none. Throws an Error where one of them can't be what is in
 * flight: its metric is no gauge, its value no whole number of 0 or more, or it is there twice.
 */
export function sumSeries({ samples, types }: Exposition, query: SeriesQuery): number | undefined {
  if (samples.length === 0 && types.size === 0) throw new Error('it has no metric at all');
  const found = samples.filter((sample) => matches(sample, query));
  if (found.length === 0) return undefined;
  refuseUnlessGauge(query.metric, types);
  refuseTwice(found);
  const sum = found.reduce((total, sample) => total + countOf(sample), 0);
  if (wholeCount(sum) === undefined) throw new Error(`the sum of its ${found.length} series is too large`);
  return sum;
}

function matches(sample: Sample, { metric, labels, labelsRegex }: SeriesQuery): boolean {
  if (sample.name !== metric) return false;
  // As in PromQL, a label that is not there is an empty one.
  const labelOf = (label: string) => sample.labels.get(label) ?? '';
  return (
    Object.entries(labels).every(([label, value]) => labelOf(label) === value) &&
    [...labelsRegex].every(([label, regex]) => regex.test(labelOf(label)))
  );
}

/** What was given no type may be a gauge. */
function refuseUnlessGauge(metric: string, types: Exposition['types']): void {
  if (['gauge', 'untyped', 'unknown', 'stateset'].includes(types.get(metric) ?? '')) return;
  for (const [type, suffixes] of Object.entries(endings)) {
    const family = suffixes.map((suffix) =>
      metric.endsWith(suffix) ? metric.slice(0, metric.length - suffix.length) : '',
    );
    if (family.some((name) => types.get(name) === type))
      throw new Error(`${metric} belongs to a ${type}, and only a gauge goes back to 0`);
  }
}

function countOf(sample: Sample): number {
  const count = wholeCount(sample.value);
  if (count === undefined) throw new Error(`${describe(sample)} is ${sample.value}, no whole number of 0 or more`);
  // -0 is 0.
  return count + 0;
}

function refuseTwice(samples: readonly Sample[]): void {
  const names = samples.map(describe);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${twice} is there twice`);
}

function describe({ name, labels }: Sample): string {
  const pairs = [...labels]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(',')}}`;
}

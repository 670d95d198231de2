/** One metric of a scrape. */
export interface ScrapedMetric {
  readonly type: string;
  readonly help: string;
  /** The values by labels, in the order of their names: `action="stop",outcome="done"`; those of a histogram begin with `_bucket`, `_sum` or `_count`. */
  readonly samples: Readonly<Record<string, number>>;
}

/** Takes Prometheus' text format apart, as far as drainctl writes it. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function parseMetrics(text: string): ReadonlyMap<string, ScrapedMetric> {
  const metrics = new Map<string, { type: string; help: string; samples: Record<string, number> }>();
  const metric = (name: string) => {
    const found = metrics.get(name) ?? { type: '', help: '', samples: {} };
    metrics.set(name, found);
    return found;
  };
  for (const line of text.split('\n')) {
    const [, comment, of = '', what = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (comment === 'HELP') metric(of).help = what;
    else if (comment === 'TYPE') metric(of).type = what;
    else if (line !== '') addSample(line, metrics);
  }
  return metrics;
}

function addSample(line: string, metrics: ReadonlyMap<string, { samples: Record<string, number> }>): void {
  const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  const sorted = (labels.match(/\w+="(?:[^"\\]|\\.)*"/g) ?? []).sort().join(',');
  const suffix = metrics.has(name) ? '' : (/_(?:bucket|sum|count)$/.exec(name)?.[0] ?? '');
  const metric = metrics.get(name.slice(0, name.length - suffix.length));
  if (metric === undefined) throw new Error(`no TYPE before this line of the metrics: ${line}`);
  metric.samples[suffix === '' ? sorted : `${suffix} ${sorted}`.trim()] = Number(value);
}

/** The values of one metric; throws where there is none of that name. */
export function samples(metrics: ReadonlyMap<string, ScrapedMetric>, name: string): Readonly<Record<string, number>> {
  const found = metrics.get(name);
  if (found === undefined) throw new Error(`there is no metric ${name}`);
  return found.samples;
}

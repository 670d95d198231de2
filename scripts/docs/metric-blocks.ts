import { labelValues, metricDeclarations } from '../../src/sidecar/http/metric-declarations.ts';
import { code, markdownTable } from './markdown.ts';

/** The blocks of docs/metrics.md: all metrics of drainctl itself, and the values of their labels. */
export function metricBlocks(): Map<string, string> {
  const metrics = Object.values(metricDeclarations).map(({ name, type, labels, help }) => [
    code(name),
    type,
    labels.length === 0 ? '–' : labels.map(code).join(', '),
    help,
  ]);
  const values = Object.entries(labelValues).map(([label, known]) => [code(label), known.map(code).join(', ')]);
  return new Map([
    ['metrics', markdownTable(['metric', 'type', 'labels', 'meaning'], metrics)],
    ['metric labels', markdownTable(['label', 'values'], values)],
  ]);
}

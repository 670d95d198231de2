/**
 * Reads what a `/metrics` page says: the text format 0.0.4 of Prometheus, and OpenMetrics 1.0. Strict, because a page that
 * is no such text (HTML of a proxy, half a page) must not be taken for one on which the metric is absent.
 *
 * References: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format ,
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */

/** One series with its value. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Also NaN, infinite, negative or a fraction. */
  readonly value: number;
}

/** A page, read. */
export interface Exposition {
  readonly samples: readonly Sample[];
  /** The type of each metric family that was given one. */
  readonly types: ReadonlyMap<string, string>;
}

const types: readonly string[] = [
  ...['counter', 'gauge', 'histogram', 'summary', 'untyped'],
  ...['unknown', 'stateset', 'info', 'gaugehistogram'],
];

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const labelPair = '[a-zA-Z_][a-zA-Z0-9_]*[ \\t]*=[ \\t]*"(?:[^"\\\\]|\\\\[\\\\"n])*"';
const labelSet = `\\{[ \\t]*((?:${labelPair}[ \\t]*(?:,[ \\t]*${labelPair}[ \\t]*)*(?:,[ \\t]*)?)?)\\}`;
const number = '[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?';
const value = `${number}|[+-]?[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN]`;
const timestamp = `(?:[ \\t]+${number})?`;
/** OpenMetrics' link from a sample to a trace. */
const exemplar = `(?:[ \\t]+#[ \\t]+${labelSet}[ \\t]+(?:${value})${timestamp})?`;

const samplePattern = new RegExp(
  `^[ \\t]*(${name})[ \\t]*(?:${labelSet}[ \\t]*|(?<=[ \\t]))(${value})${timestamp}${exemplar}[ \\t]*$`,
);
/** No series is longer, and a regular expression that goes over millions of characters needs more stack than there is. */
const maxSampleLength = 100_000;

const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\[\\"n])*)"/g;
const typePattern = new RegExp(`^[ \\t]*#[ \\t]+TYPE[ \\t]+(${name})[ \\t]+(\\S+)[ \\t]*$`);

/** Reads a page. Throws an Error that says which line is wrong. */
export function parseExposition(text: string): Exposition {
  const lines = linesOf(text);
  const samples: Sample[] = [];
  const typesSeen = new Map<string, string>();
  lines.forEach((line, index) => {
    if (/^[ \t]*$/.test(line)) return;
    if (/^[ \t]*#/.test(line)) readComment(line, index, typesSeen);
    else samples.push(parseSample(line, index));
  });
  return { samples, types: typesSeen };
}

/** All lines, without the mark at the end of OpenMetrics. */
function linesOf(text: string): string[] {
  const marked = /^# EOF$/m.exec(text);
  if (marked !== null) {
    const rest = text.slice(marked.index + marked[0].length);
    if (rest !== '' && rest !== '\n') throw new Error('it goes on after "# EOF"');
    return text.slice(0, marked.index).split('\n');
  }
  if (text !== '' && !text.endsWith('\n')) throw new Error('its last line is cut off');
  return text.split('\n');
}

/** What is no TYPE is for people: help, units and remarks. */
function readComment(line: string, index: number, seen: Map<string, string>): void {
  if (!/^[ \t]*#[ \t]+TYPE(?:[ \t]|$)/.test(line)) return;
  const [, family, type] = typePattern.exec(line) ?? [];
  if (family === undefined || type === undefined || !types.includes(type)) throw wrongLine(line, index);
  if (seen.has(family)) throw new Error(`line ${index + 1} gives ${family} a second type`);
  seen.set(family, type);
}

function parseSample(line: string, index: number): Sample {
  const match = line.length > maxSampleLength ? null : samplePattern.exec(line);
  const [, metric = '', labelText = '', valueText = ''] = match ?? [];
  if (metric === '') throw wrongLine(line, index);
  const labels = new Map<string, string>();
  for (const [, label = '', text = ''] of labelText.matchAll(labelPattern)) {
    if (labels.has(label)) throw new Error(`line ${index + 1} has the label ${label} twice`);
    labels.set(label, unescapeLabel(text));
  }
  return { name: metric, labels, value: parseValue(valueText) };
}

function unescapeLabel(text: string): string {
  return text.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

function parseValue(text: string): number {
  if (/nan/i.test(text)) return Number.NaN;
  if (/inf/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text);
}

function wrongLine(line: string, index: number): Error {
  const shown = line.length > 80 ? `${line.slice(0, 80)}…` : line;
  return new Error(`line ${index + 1} is not in Prometheus' text format: "${shown}"`);
}

import type { Figure } from '../../test/faults/support/figures.ts';
import { markdownTable, type Row } from '../docs/markdown.ts';

/** Where and when figures were measured. */
export interface Stamp {
  /** ISO 8601, the day. */
  readonly date: string;
  /** Short, with `+` where the sources differ from it. */
  readonly commit: string;
  /** Such as `Linux 6.1, 2 × Intel …, 8 GiB`. */
  readonly machine: string;
  /** Such as `Node 20.19.2`. */
  readonly software: string;
}

const header: Row = ['fault', 'figure', 'value', 'date', 'commit'];
const block = /(<!-- soak -->\n).*?(<!-- \/soak -->)/s;

/** The faults that the table in docs/reliability.md tells of, in its order. */
export function faultsIn(document: string): string[] {
  return [...new Set(rowsIn(document).map(([fault = '']) => fault))];
}

/** The faults that docs/reliability.md says have no figures yet. */
export function faultsMissingIn(document: string): string[] {
  const [, list = ''] = /^Not run in full yet:\n\n(.*?)\n\n/ms.exec(block.exec(document)?.[0] ?? '') ?? [];
  return list
    .split('\n')
    .filter((line) => line.startsWith('- '))
    .map((line) => line.slice(2));
}

/** docs/reliability.md with these figures in place of the earlier ones of the same faults. `faults`: all that the suite has. */
export function withFigures(
  document: string,
  figures: readonly Figure[],
  stamp: Stamp,
  faults: readonly string[],
): string {
  const { date, commit, machine, software } = stamp;
  const rows = figures.map(({ row, name, value }) => [row, name, String(value), date, commit]);
  const isNew = ([fault]: Row) => rows.some(([other]) => other === fault);
  const isKnown = ([fault = '']: Row) => faults.includes(fault);
  const others = rowsIn(document).filter((row) => !isNew(row) && isKnown(row));
  const all = [...others, ...rows].sort(byFault);
  const missing = faults.filter((fault) => all.every(([other]) => other !== fault));
  const list = missing.map((fault) => `- ${fault}\n`).join('');
  const text = [
    ...(all.length === 0
      ? []
      : [`The last soak ran on ${machine}, with ${software}.\n\n${markdownTable(header, all)}`]),
    ...(missing.length === 0 ? [] : [`Not run in full yet:\n\n${list}`]),
  ].join('\n\n');
  if (!block.test(document)) throw new Error('docs/reliability.md has no block <!-- soak -->');
  return document.replace(block, (_, begin: string, end: string) => `${begin}\n${text}\n\n${end}`);
}

function byFault([one = '']: Row, [other = '']: Row): number {
  return one.localeCompare(other, 'en');
}

function rowsIn(document: string): Row[] {
  const lines = (block.exec(document)?.[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => {
    const inner = line.trim().replace(/^\||\|$/g, '');
    return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
  });
}

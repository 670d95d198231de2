import { keepsBar, type Row, type Unit } from './figure.ts';

const header = ['', 'measured', 'against', 'ratio', 'bar', ''];

/** The rows as a table for people, the numbers aligned. */
export function renderTable(rows: readonly Row[]): string {
  const lines = [header, ...rows.map(cellsOf)];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) =>
          column === 1 || column === 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellsOf(row: Row): string[] {
  const { what, measured, unit, against, bar } = row;
  return [
    what,
    withUnit(measured, unit),
    against === undefined ? '' : `${against.what}: ${withUnit(against.value, unit)}`,
    against === undefined ? '' : (measured / against.value).toFixed(2),
    bar === undefined ? '' : `${bar.rule}: ${withUnit(bar.atMost, unit)}`,
    verdict(row),
  ];
}

function verdict(row: Row): string {
  const kept = keepsBar(row);
  if (kept === undefined) return '';
  return kept ? 'ok' : 'missed';
}

const digits: Readonly<Record<Unit, number>> = { ms: 0, '%': 2, MB: 1, 'round trips': 2 };

function withUnit(value: number, unit: Unit): string {
  const text = value.toFixed(digits[unit]);
  return unit === 'round trips' ? text : `${text} ${unit}`;
}

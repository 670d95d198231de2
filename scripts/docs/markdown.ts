/** Cells of one row. */
export type Row = readonly string[];

/** A Markdown table. Bars in cells are escaped, line ends become spaces. */
export function markdownTable(header: Row, rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('\n', ' ').replaceAll('|', '\\|');
}

/** Text as code. */
export function code(text: string): string {
  return `\`${text}\``;
}

/** The rows of the first table under a heading, without its header; cells as they are written, bars unescaped. */
export function tableUnder(markdown: string, heading: string): Row[] {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start === -1) throw new Error(`there is no heading "${heading}"`);
  const first = lines.findIndex((line, index) => index > start && line.startsWith('|'));
  const table = lines.slice(first).slice(2);
  const end = table.findIndex((line) => !line.startsWith('|'));
  return table.slice(0, end === -1 ? undefined : end).map(cellsOf);
}

function cellsOf(line: string): Row {
  const inner = line.trim().replace(/^\||\|$/g, '');
  return inner.split(/(?<!\\)\|/).map((text) => text.trim().replaceAll('\\|', '|'));
}

const block = /(<!-- generated: ([\w. -]+) -->\n).*?(<!-- \/generated -->)/gs;

/** The names of the blocks that the text leaves to be generated. */
export function blockNames(markdown: string): string[] {
  return [...markdown.matchAll(block)].map(([, , name = '']) => name);
}

/** The text with every `<!-- generated: NAME -->` block filled in. Throws for a block that nobody makes. */
export function fillBlocks(markdown: string, blocks: ReadonlyMap<string, string>): string {
  return markdown.replaceAll(block, (_, begin: string, name: string, end: string) => {
    const content = blocks.get(name);
    if (content === undefined) throw new Error(`there is no generated block "${name}"`);
    return `${begin}\n${content}\n\n${end}`;
  });
}

/** A key's value, and where it stands. */
export interface IniEntry {
  /** Several lines where the value has continuation lines. Not expanded. */
  readonly value: string;
  readonly file: string;
  /** Of the key, from 1. */
  readonly line: number;
}

/** One section, as one file has it. */
export interface IniSection {
  readonly name: string;
  readonly file: string;
  /** Of the first header, from 1. */
  readonly line: number;
  /** By key, in lower case. The last of two equal keys counts. */
  readonly entries: ReadonlyMap<string, IniEntry>;
}

/** A line that is neither header, key, comment nor continuation. */
export interface IniMistake {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** What a file holds. With mistakes supervisord takes nothing of it. */
export interface IniFile {
  readonly sections: readonly IniSection[];
  readonly mistakes: readonly IniMistake[];
}

/** A value while its continuation lines are read. */
interface OpenEntry {
  readonly lines: string[];
  readonly line: number;
}

interface OpenSection {
  readonly name: string;
  readonly line: number;
  readonly entries: Map<string, OpenEntry>;
}

/**
 * Reads a file by the rules of supervisord, which are those of Python's RawConfigParser with inline comments: `;` or
 * `#` after white space ends a line, a line that is indented deeper than its key goes on with the value, `=` and `:`
 * both separate, keys are not case-sensitive, and a section or key may come twice.
 *
 * No package for INI files keeps line numbers and these rules.
 * https://docs.python.org/3/library/configparser.html#supported-ini-file-structure
 */
export function parseIni(text: string, file: string): IniFile {
  const sections = new Map<string, OpenSection>();
  const mistakes: IniMistake[] = [];
  let section: OpenSection | undefined;
  let entry: OpenEntry | undefined;
  let indent = 0;

  const mistake = (line: number, message: string) => mistakes.push({ file, line, message });

  const readLine = (content: string, line: number) => {
    const header = /^\[(.+)\]/.exec(content)?.[1];
    if (header !== undefined) {
      section = sections.get(header) ?? { name: header, line, entries: new Map() };
      sections.set(header, section);
      entry = undefined;
      return;
    }
    const [, key = '', value = ''] = /^(.*?)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    if (section === undefined) mistake(line, 'stands before the first [section]');
    else if (key === '') mistake(line, 'is neither a [section] nor key=value');
    else {
      entry = { lines: [value], line };
      section.entries.set(key.toLowerCase(), entry);
    }
  };

  for (const [index, source] of text.split(/\r\n|\r|\n/).entries()) {
    const content = withoutComment(source);
    if (content === '') {
      // A blank line may stand within a value; one that only a comment has emptied may too, and adds nothing.
      if (source.trim() === '') entry?.lines.push('');
      continue;
    }
    const depth = source.search(/\S/);
    if (entry !== undefined && depth > indent) {
      entry.lines.push(content);
      continue;
    }
    indent = depth;
    readLine(content, index + 1);
  }
  return { sections: [...sections.values()].map((each) => closeSection(each, file)), mistakes };
}

function closeSection({ name, line, entries }: OpenSection, file: string): IniSection {
  const closed = [...entries].map(([key, entry]): [string, IniEntry] => [
    key,
    { value: entry.lines.join('\n').trimEnd(), file, line: entry.line },
  ]);
  return { name, file, line, entries: new Map(closed) };
}

const commentMarks = [';', '#'] as const;

/** The line without its comment and the space around it. */
function withoutComment(line: string): string {
  if (/^\s*[;#]/.test(line)) return '';
  return line.slice(0, commentStart(line)).trim();
}

/**
 * Where an inline comment begins. The n-th `;` and the n-th `#` are looked at together, and the first of them with
 * white space before it counts: so does Python, although a comment that began earlier may then be taken for value.
 */
function commentStart(line: string): number {
  const places = commentMarks.map((mark) => [...line.matchAll(new RegExp(mark, 'g'))].map(({ index }) => index));
  for (let round = 0; places.some((each) => round < each.length); round++) {
    const starts = places
      .flatMap((each) => each.slice(round, round + 1))
      .filter((index) => index === 0 || /\s/.test(line.charAt(index - 1)));
    if (starts.length > 0) return Math.min(...starts);
  }
  return line.length;
}

/** Sections of several files as supervisord sees them: those of one name are one, and the later value of a key counts. */
export function mergeSections(sections: readonly IniSection[]): IniSection[] {
  const merged = new Map<string, IniSection>();
  for (const section of sections) {
    const { entries, ...before } = merged.get(section.name) ?? section;
    merged.set(section.name, { ...before, entries: new Map([...entries, ...section.entries]) });
  }
  return [...merged.values()];
}

/** A word of a directive, and where it stands in the text. */
export interface Word {
  /** As nginx takes it: without its quotes, escapes resolved. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** One directive of a configuration file. */
export interface Directive {
  readonly words: readonly [Word, ...Word[]];
  /** What stands in its braces; undefined for one that ends with a semicolon. */
  readonly block: readonly Directive[] | undefined;
}

/** Why a text can't be understood, and in which line. */
export interface SyntaxProblem {
  readonly line: number;
  readonly why: string;
}

/** A text that nginx would not take either, or that is in another language (`…_by_lua_block`). */
export class NginxSyntaxError extends Error implements SyntaxProblem {
  readonly line: number;
  readonly why: string;

  constructor(text: string, at: number, why: string) {
    const line = text.slice(0, at).split('\n').length;
    super(`line ${line}: ${why}`);
    this.line = line;
    this.why = why;
  }
}

const space = /[ \t\r\n]/;

/**
 * The directives of a text, as nginx reads it: a `#` begins a comment only where a word could begin, a quote is one only
 * there, a brace in the middle of a word belongs to it, and so does one after `$`. Throws a {@link NginxSyntaxError}.
 *
 * Reference: https://nginx.org/en/docs/beginners_guide.html#conf_structure; what nginx 1.22 does where that says nothing.
 */
export function parseNginx(text: string): Directive[] {
  const open: { directives: Directive[]; at: number }[] = [{ directives: [], at: 0 }];
  let words: Word[] = [];
  let at = 0;

  /** Ends the directive at this character; `block` is where what is in its braces will be added. */
  function end(block: Directive[] | undefined): void {
    const [first, ...rest] = words;
    if (first === undefined) throw new NginxSyntaxError(text, at, `unexpected "${text[at]}"`);
    if (block !== undefined && first.text.endsWith('_by_lua_block'))
      throw new NginxSyntaxError(text, at, `"${first.text}" holds another language`);
    open.at(-1)?.directives.push({ words: [first, ...rest], block });
    words = [];
    if (block !== undefined) open.push({ directives: block, at });
  }

  function close(): void {
    if (words.length > 0 || open.length === 1) throw new NginxSyntaxError(text, at, 'unexpected "}"');
    open.pop();
  }

  function word(): void {
    const read = readWord(text, at);
    words.push(read);
    // The loop goes on behind its last character.
    at = read.end - 1;
  }

  for (; at < text.length; at += 1) {
    switch (text[at]) {
      case ';':
        end(undefined);
        break;
      case '{':
        end([]);
        break;
      case '}':
        close();
        break;
      case '#':
        at = endOfLine(text, at);
        break;
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        break;
      default:
        word();
    }
  }
  const innermost = open.at(-1);
  if (words.length > 0) throw new NginxSyntaxError(text, text.length, 'the last directive has no ";"');
  if (open.length > 1) throw new NginxSyntaxError(text, innermost?.at ?? 0, 'this "{" is not closed');
  return innermost?.directives ?? [];
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

function readWord(text: string, start: number): Word {
  const first = text[start];
  return first === '"' || first === "'" ? readQuoted(text, start, first) : readBare(text, start);
}

function readQuoted(text: string, start: number, quote: string): Word {
  let at = start + 1;
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1;
  const end = at + 1;
  if (end > text.length) throw new NginxSyntaxError(text, start, `this ${quote} is not closed`);
  const next = text[end] ?? ' ';
  if (!space.test(next) && !';{)'.includes(next))
    throw new NginxSyntaxError(text, end, `unexpected "${next}" after a quote`);
  return { text: unescapeWord(text.slice(start + 1, at)), start, end };
}

/** One character, an escaped one, or a `$` with the brace after it, which belongs to the name of a variable. */
const bare = /(?:\\[\s\S]?|\$\{?|[^\\$ \t\r\n;{])+/y;

function readBare(text: string, start: number): Word {
  bare.lastIndex = start;
  const found = bare.exec(text)?.[0] ?? '';
  return { text: unescapeWord(found), start, end: start + found.length };
}

const escapes: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n', '"': '"', "'": "'", '\\': '\\' };

/** Any other character after a backslash keeps it. */
function unescapeWord(text: string): string {
  return text.replace(/\\([\s\S])/g, (whole, character: string) => escapes[character] ?? whole);
}

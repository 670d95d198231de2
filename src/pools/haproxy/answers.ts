/**
 * The answers in what HAProxy sent back for several commands on one line, in their order. Each ends with an empty
 * line, so a command that printed nothing gives ''. What comes after the last empty line was cut off and is dropped.
 * An empty line between double quotes belongs to a field of a CSV table and ends nothing.
 *
 * Management guide, 9.3 "Unix Socket commands" and 9.1 "CSV format".
 */
export function splitAnswers(text: string): string[] {
  const answers: string[] = [];
  let lines: string[] = [];
  let quoted = false;
  for (const line of text.split('\n').slice(0, -1)) {
    if (line === '' && !quoted) {
      answers.push(lines.join('\n'));
      lines = [];
      continue;
    }
    lines.push(line);
    // Only tables are quoted; in HAProxy's messages a double quote means nothing.
    if (lines[0]?.startsWith('# pxname,') === true && line.split('"').length % 2 === 0) quoted = !quoted;
  }
  return answers;
}

/** The most that is put on one line, in bytes. HAProxy reads it into a buffer of `tune.bufsize`, 16 kB unless it is set lower. */
export const maxLineBytes = 8_000;

/** Commands as lines that HAProxy's buffer can hold, as few as possible, in order. */
export function joinCommands(commands: readonly string[]): string[][] {
  const lines: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const command of commands) {
    const more = Buffer.byteLength(command) + 1;
    if (bytes + more > maxLineBytes) {
      lines.push([]);
      bytes = 0;
    }
    lines.at(-1)?.push(command);
    bytes += more;
  }
  return lines;
}

/** How a web server's answer begins. HAProxy's begin with a version, `# `, a name or a message. */
const webAnswer = /^(HTTP\/\d|\s*<)/;

/** NUL and the other control characters, of which a text has only tab and the line ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const binary = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/**
 * True for what is none of HAProxy's answers, whole or cut off: a web page, or binary data. Looks only at the start,
 * because a table may hold what a server answered to its health check.
 */
export function isForeign(text: string): boolean {
  return webAnswer.test(text) || binary.test(text.slice(0, 16));
}

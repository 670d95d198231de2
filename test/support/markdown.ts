/** A `drainctl COMMAND …` that a document shows. */
export interface CommandMention {
  readonly command: string;
  /** Such as `--deadline`. */
  readonly flags: readonly string[];
  /** The whole of it, for messages. */
  readonly text: string;
}

/** The YAML examples of a document. */
export function yamlBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
}

/** Where the links of a document lead, as written; those in code are none. */
export function linksOf(markdown: string): string[] {
  const prose = withoutCode(markdown);
  return [...prose.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The anchors of the headings of a document, as GitHub makes them. */
export function anchorsOf(markdown: string): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...withoutFences(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
      const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const anchor = plain.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
      const count = seen.get(anchor) ?? 0;
      seen.set(anchor, count + 1);
      return count === 0 ? anchor : `${anchor}-${count}`;
    }),
  );
}

/** Every `drainctl COMMAND` in code: inline, fenced or indented. */
export function commandMentions(markdown: string): CommandMention[] {
  const inline = [...markdown.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);
  const indented = markdown.split('\n').filter((line) => /^ {4,}/.test(line));
  const fenced = [...markdown.matchAll(/^```.*?\n(.*?)^```$/gms)].flatMap(([, text = '']) => text.split('\n'));
  return [...inline, ...indented, ...fenced].map(withoutComment).flatMap((text) =>
    [...text.matchAll(/(?:^|[\s"=(])drainctl ([a-z]+)\b([^|;&]*)/g)].map(([mention, command = '', rest = '']) => ({
      command,
      flags: rest.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? [],
      text: mention.trim(),
    })),
  );
}

/** Without what a shell passes over. */
function withoutComment(line: string): string {
  return line.replace(/(^|\s)#.*$/, '');
}

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```$/gms, '');
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown)
    .replaceAll(/^ {4,}.*$/gm, '')
    .replaceAll(/`[^`\n]*`/g, 'code');
}

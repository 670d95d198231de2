import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { toolPath } from './tools.ts';

// supervisord's own parser, and what it does to a command before it starts it.
const script = `
import json, shlex, sys
from supervisor.options import UnhosedConfigParser, expand
results = []
for text in json.load(sys.stdin):
    parser = UnhosedConfigParser()
    try:
        parser.read_string(text)
        sections = {name: dict(parser._sections[name]) for name in parser.sections()}
        command = sections.get('eventlistener:drain', {}).get('command')
        words = None if command is None else shlex.split(expand(command, {}, 'command'))
        results.append({'sections': sections, 'words': words})
    except Exception:
        results.append(None)
json.dump(results, sys.stdout)
`;

/** What supervisord reads in a configuration file. */
export interface ParsedBySupervisord {
  readonly sections: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What `command=` of the listener's section comes to; null without one. */
  readonly words: readonly string[] | null;
}

/** Has supervisord's own parser read texts, all in one start of Python; null for one that it refuses. */
export async function parseBySupervisord(texts: readonly string[]): Promise<(ParsedBySupervisord | null)[]> {
  const { stdout } = await execa(interpreter(), ['-c', script], {
    input: JSON.stringify(texts),
    timeout: 30_000,
  });
  return JSON.parse(stdout) as (ParsedBySupervisord | null)[]; // as: the script above prints nothing else
}

/** The Python that supervisord runs on: another one on PATH may not have it. */
function interpreter(): string {
  const [, path = toolPath('python3')] = /^#!\s*(\S+)/.exec(readFileSync(toolPath('supervisord'), 'utf8')) ?? [];
  return path;
}

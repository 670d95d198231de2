import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { supervisorSocket } from './supervisord-config.ts';
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';
import { webCommand } from './web-server.ts';

/** What stands in an example's files, and what is to stand there on a test machine: ports, paths, durations. */
export type Replacements = Readonly<Record<string, string>>;

/** A copy of a folder of examples/ in a temporary directory of its own. */
export interface Example {
  readonly name: string;
  readonly directory: TemporaryDirectory;
  /** The path of one of its files. */
  file(name: string): string;
  /** The text of one of its files, as it was placed. */
  read(name: string): string;
  /** Copies one of its files to another name, with more replacements, as for a second load balancer. Gives the path. */
  derive(from: string, to: string, replacements: Replacements): string;
}

/** The folder of all examples. */
export const examplesFolder = fileURLToPath(new URL('../../examples', import.meta.url));

/** The names of all examples. */
export function exampleNames(): string[] {
  return readdirSync(examplesFolder).sort();
}

/** The files of an example, by their paths in its folder. */
export function exampleFiles(name: string): string[] {
  const entries = readdirSync(join(examplesFolder, name), { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((path) => path.slice(join(examplesFolder, name).length + 1)).sort();
}

/**
 * Copies an example, and replaces what must differ on a test machine in all of its files but README.md. Every
 * replacement must be there to be made, so that a test can't go by a text that the example no longer has. Nothing that
 * was put in is replaced again. Beside that drainctl.yaml gets what a test always needs: the socket of a supervisord in
 * the directory, and a socket and a state_dir of its own.
 */
export function copyExample(name: string, replacements: (directory: TemporaryDirectory) => Replacements): Example {
  const directory = temporaryDirectory();
  cpSync(join(examplesFolder, name), directory.path, { recursive: true });
  const files = exampleFiles(name).filter((file) => file !== 'README.md');
  const wanted = replacements(directory);
  const made = new Set<string>();
  for (const file of files) writeFileSync(directory.file(file), replaceAll(read(file), wanted, made));
  refuseUnmade(`examples/${name}`, wanted, made);
  if (files.includes('drainctl.yaml')) placeConfig(directory);

  function read(file: string): string {
    return readFileSync(directory.file(file), 'utf8');
  }

  return {
    name,
    directory,
    file: (file) => directory.file(file),
    read,
    derive(from, to, more) {
      const madeHere = new Set<string>();
      const text = replaceAll(read(from), more, madeHere);
      refuseUnmade(`examples/${name}/${from}`, more, madeHere);
      return directory.write(to, text);
    },
  };
}

/** The harness's web program, in place of an example's `/srv/web/bin/web`; it takes `--port`, and ends at once on SIGTERM. */
export function webProgramIn(directory: TemporaryDirectory): string {
  const name = '%(program_name)s_%(process_num)02d';
  return webCommand(['--name', name, '--stop-log', directory.file('stops.jsonl')]);
}

function replaceAll(text: string, replacements: Replacements, made: Set<string>): string {
  // The longest first: `127.0.0.1:80` must not be found within `127.0.0.1:8080`.
  const patterns = Object.keys(replacements).sort((a, b) => b.length - a.length);
  if (patterns.length === 0) return text;
  const any = new RegExp(patterns.map((pattern) => pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
  return text.replace(any, (found) => {
    made.add(found);
    return replacements[found] ?? found;
  });
}

function refuseUnmade(what: string, replacements: Replacements, made: ReadonlySet<string>): void {
  const missing = Object.keys(replacements).filter((pattern) => !made.has(pattern));
  if (missing.length > 0) throw new Error(`${what} has no ${missing.map((each) => `"${each}"`).join(', no ')}`);
}

function placeConfig(directory: TemporaryDirectory): void {
  const path = directory.file('drainctl.yaml');
  const document = parseDocument(readFileSync(path, 'utf8'));
  document.setIn(['supervisor', 'url'], `unix://${supervisorSocket(directory)}`);
  document.setIn(['sidecar', 'socket'], directory.file('drainctl.sock'));
  document.setIn(['state_dir'], directory.file('state'));
  // A text of any length stays on its line.
  writeFileSync(path, document.toString({ lineWidth: 0 }));
}

import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DrainctlError } from '../errors.ts';
import { quoteForShell } from '../shell-quote.ts';

/** Where systemd looks for a program that is named without its path, and what it gives its units. systemd.exec(5), "PATH" */
export const systemdPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What this drainctl is made of. */
export interface OwnProgram {
  /** The Node that runs it. */
  readonly node: string;
  /** Its `dist/main.js`. */
  readonly main: string;
}

/**
 * The words that start this drainctl where programs are looked for in `path`: `drainctl` alone where that finds this
 * one, and its `#!/usr/bin/env node` finds this Node; else both by their absolute paths. So a Node of nvm works too,
 * and an upgrade of Node in /usr/bin needs no new install.
 */
export function ownCommand(program: OwnProgram, path: string): readonly string[] {
  const isFound =
    leadsTo(findProgram('drainctl', path), program.main) && leadsTo(findProgram('node', path), program.node);
  return isFound ? ['drainctl'] : [program.node, program.main];
}

function leadsTo(found: string | undefined, file: string): boolean {
  return found !== undefined && realPath(found) === realPath(file);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The first executable file of that name in the folders of a PATH. */
export function findProgram(name: string, path: string): string | undefined {
  return path
    .split(':')
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

const plainWord = /^[\w./:=@+,-]+$/;

/**
 * Words as the value of supervisord's `command=`. It expands `%`, takes `;` and `#` behind white space for comments even
 * within quotes, and then splits as a POSIX shell does. http://supervisord.org/configuration.html#program-x-section-settings
 */
export function quoteForSupervisord(words: readonly string[]): string {
  for (const word of words) refuseControlCharacters(word);
  // The quotes are closed and opened again, so that the semicolon no longer stands behind white space.
  const quoted = words.map((word) => quoteForShell(word).replaceAll(/(\s)(?=[;#])/g, "$1''"));
  return quoted.join(' ').replaceAll('%', '%%');
}

/** Words as the value of systemd's `ExecStop=`. systemd.service(5), "Command lines", and systemd.syntax(7), "Quoting" */
export function quoteForSystemd(words: readonly string[]): string {
  return words.map((word, index) => quoteUnit(word, index === 0)).join(' ');
}

function quoteUnit(word: string, isProgram: boolean): string {
  refuseControlCharacters(word);
  if (isProgram && /["'\\]/.test(word)) throw unfit(word, 'A quote or backslash', 'systemd takes none in a program.');
  // Variables are replaced in the arguments, and not in the program's path.
  const expanded = word.replaceAll('%', '%%').replaceAll('$', isProgram ? '$' : '$$$$');
  if (plainWord.test(word)) return expanded;
  return `"${expanded.replaceAll(/["\\]/g, '\\$&')}"`;
}

function refuseControlCharacters(word: string): void {
  if (/\p{Cc}/u.test(word))
    throw unfit(word, 'A control character', 'supervisord and systemd take none in their files.');
}

function unfit(path: string, what: string, why: string): DrainctlError {
  return new DrainctlError('INSTALL_REFUSED', `${what} is in the path ${JSON.stringify(path)}. Nothing was changed.`, {
    hint: `${why} Rename it, or install drainctl elsewhere.`,
    details: { path },
  });
}

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { DrainctlError } from '../errors.ts';
import { expand, hostValues } from './expansions.ts';
import { findFiles } from './glob.ts';
import { type IniMistake, type IniSection, mergeSections, parseIni } from './ini.ts';

/** One of the patterns of `[include] files=`. */
export interface IncludePattern {
  /** As it is written, expanded. */
  readonly text: string;
  /** As an absolute path. */
  readonly path: string;
}

/** The `[include]` section. Only the main file's counts: included files can't include. */
export interface Include {
  /** The line of `files=`. */
  readonly line: number;
  /** The folder of the main file, which the patterns are relative to. */
  readonly folder: string;
  readonly patterns: readonly IncludePattern[];
}

/** supervisord's configuration as supervisord reads it. */
export interface SupervisordConfig {
  /** The main file. */
  readonly file: string;
  /** Every file that was read, the main file first. */
  readonly files: readonly string[];
  /** Those of one name are one section, as in supervisord. `%(here)s` is expanded in the values, nothing else. */
  readonly sections: readonly IniSection[];
  readonly include: Include | undefined;
}

/** What {@link readSupervisordConfig} goes by. */
export interface ReadOptions {
  /** The environment of supervisord, for `%(ENV_X)s` in `[include]`. Default: our own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads supervisord's configuration with all that it includes. What supervisord ignores (a pattern that matches
 * nothing, an included file that has gone) is ignored.
 *
 * http://supervisord.org/configuration.html
 *
 * @throws DrainctlError `SUPERVISOR_CONFIG` for a file that can't be read, and for mistakes, with file and line
 */
export function readSupervisordConfig(file: string, { env = process.env }: ReadOptions = {}): SupervisordConfig {
  const main = readSections(file, readText(file));
  const include = readInclude(file, main, env);
  const included = (include?.patterns ?? []).flatMap(({ path }) => findFilesOrFail(path));
  const read = included.flatMap((path) => {
    const text = readIncluded(path);
    return text === undefined ? [] : [{ path, sections: readSections(path, text) }];
  });
  const sections = mergeSections([...main, ...read.flatMap((each) => each.sections)]);
  return { file, files: [file, ...read.map(({ path }) => path)], sections: withDefaults(sections), include };
}

function readSections(file: string, text: string): IniSection[] {
  const { sections, mistakes } = parseIni(text, file);
  if (mistakes.length > 0) throw mistaken(mistakes);
  return sections.map((section) => ({
    ...section,
    entries: new Map(
      [...section.entries].map(([key, entry]) => [key, { ...entry, value: expandHere(entry.value, file) }]),
    ),
  }));
}

function expandHere(value: string, file: string): string {
  return value.replaceAll('%(here)s', dirname(file));
}

/** Python's parser takes what a section lacks from `[DEFAULT]`, which itself is no section. */
function withDefaults(sections: readonly IniSection[]): IniSection[] {
  const defaults = sections.find(({ name }) => name === 'DEFAULT');
  if (defaults === undefined) return [...sections];
  return sections
    .filter((section) => section !== defaults)
    .map((section) => ({ ...section, entries: new Map([...defaults.entries, ...section.entries]) }));
}

function readInclude(
  file: string,
  sections: readonly IniSection[],
  env: NonNullable<ReadOptions['env']>,
): Include | undefined {
  const section = withDefaults(sections).find(({ name }) => name === 'include');
  if (section === undefined) return undefined;
  const files = section.entries.get('files');
  if (files === undefined) throw mistaken([{ file, line: section.line, message: '[include] has no files=' }]);
  const folder = dirname(file);
  const texts = expandInclude(files, env)
    .split(/\s+/)
    .filter((text) => text !== '');
  return { line: files.line, folder, patterns: texts.map((text) => ({ text, path: resolve(folder, text) })) };
}

function expandInclude(
  { value, file, line }: { readonly value: string; readonly file: string; readonly line: number },
  env: NonNullable<ReadOptions['env']>,
): string {
  try {
    return expand(value, hostValues(env, hostname()));
  } catch (error) {
    if (!(error instanceof DrainctlError)) throw error;
    throw mistaken([{ file, line, message: `files=: ${error.message}` }]);
  }
}

function mistaken(mistakes: readonly IniMistake[]): DrainctlError {
  const lines = mistakes.map(({ file, line, message }) => `${file}:${line}: ${message}`);
  return new DrainctlError('SUPERVISOR_CONFIG', `supervisord's configuration has mistakes:\n${lines.join('\n')}`, {
    hint: 'supervisord itself refuses it too: correct these lines, then run `supervisorctl reread`.',
    details: { mistakes },
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** Undefined where supervisord passes over it: a folder, or a link that leads nowhere. */
function readIncluded(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as: what fs throws
    if (code === 'ENOENT' || code === 'EISDIR') return undefined;
    throw unreadable(file, error);
  }
}

function findFilesOrFail(pattern: string): string[] {
  try {
    return findFiles(pattern);
  } catch (error) {
    throw unreadable(pattern, error);
  }
}

function unreadable(file: string, cause: unknown): DrainctlError {
  const { code = '', message } = cause as NodeJS.ErrnoException; // as: what fs throws
  const hints: Readonly<Record<string, string>> = {
    EACCES: 'Run this as root.',
    ENOENT: 'Is supervisor installed on this machine, and this the file that its command line names?',
  };
  return new DrainctlError('SUPERVISOR_CONFIG', `supervisord's configuration ${file} can't be read: ${message}.`, {
    hint: hints[code] ?? `Look at it: ls -l ${file}`,
    details: { file, reason: code },
    cause,
  });
}

/** The section of that name. */
export function findSection(config: SupervisordConfig, name: string): IniSection | undefined {
  return config.sections.find((section) => section.name === name);
}

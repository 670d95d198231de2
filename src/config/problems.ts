import { DrainctlError } from '../errors.ts';

/** The keys and indices that lead to a value: `['programs', 'web', 'members', 0]`. */
export type KeyPath = readonly (string | number)[];

/** A mistake in the configuration, not yet placed in the file. */
export interface Finding {
  readonly path: KeyPath;
  readonly message: string;
  /** Whether the key is wrong, or its value (if not said). */
  readonly at?: 'key' | 'value';
  /** The part of the value that is wrong, where it is not all of it. */
  readonly excerpt?: string;
}

/** A mistake in the configuration with its place in the file; line and column count from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `programs.web.deadlin`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** The line of the file, and under it a caret. */
  readonly source: string;
}

/** The path as it is written in messages: `programs.web.members[0]`, `programs["web:*"].deadline`. */
export function formatPath(path: KeyPath): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'string' && /^[\w-]+$/.test(key)) text += text === '' ? key : `.${key}`;
    else text += `[${JSON.stringify(key)}]`;
  }
  return text;
}

/** Lines of source longer than this are left out of messages, as blank ones are. */
const maxSourceLength = 300;

/** So are those with a password: messages go to logs, which more people read than the configuration. */
const hasPassword = /\bpassword["']?\s*:|:\/\/[^/\s]*:[^/\s]*@/;

/** The lines of a file, for {@link quoteSource}. */
export function sourceLines(text: string): readonly string[] {
  return text.split(/\r?\n/);
}

/** The 1-based `line` with carets under `length` characters from the 1-based `column` on. */
export function quoteSource(lines: readonly string[], line: number, column: number, length: number): string {
  const source = lines[line - 1] ?? '';
  if (source.length > maxSourceLength || source.trim() === '' || hasPassword.test(source)) return '';
  const before = source.slice(0, column - 1).replace(/[^\t]/g, ' ');
  const carets = '^'.repeat(Math.max(1, Math.min(length, source.length - column + 1)));
  return `    ${source}\n    ${before}${carets}`;
}

/** One `CONFIG_INVALID` that tells of all problems, in the order of the file. */
export function configInvalid(file: string, problems: readonly Problem[]): DrainctlError {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return new DrainctlError('CONFIG_INVALID', sorted.map(formatProblem).join('\n'), {
    hint: `Mend ${file}, then see that "drainctl plan" finds nothing more; nothing was changed.`,
    details: { problems: sorted.map(({ source: _, ...problem }) => problem) },
  });
}

function formatProblem({ file, line, column, path, message, source }: Problem): string {
  const text = `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
  return source === '' ? text : `${text}\n${source}`;
}

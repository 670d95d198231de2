import * as z from 'zod';
import { dependsOnProcess, expand, findExpansionProblems, hostValues } from '../supervisor/expansions.ts';
import { describeIssues, valueAt } from './issues.ts';
import type { Finding, KeyPath } from './problems.ts';

type Issue = z.core.$ZodIssue;
type Env = Readonly<Record<string, string | undefined>>;

/** Every text in a value of maps and lists, with its path. */
export function textsIn(value: unknown, path: KeyPath = []): { readonly text: string; readonly path: KeyPath }[] {
  if (typeof value === 'string') return [{ text: value, path }];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key]));
}

/** The value with every text in it replaced. */
export function replaceTexts(
  value: unknown,
  replace: (text: string, path: KeyPath) => unknown,
  path: KeyPath = [],
): unknown {
  if (typeof value === 'string') return replace(value, path);
  if (Array.isArray(value)) return value.map((item, index) => replaceTexts(item, replace, [...path, index]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, replaceTexts(item, replace, [...path, key])]),
  );
}

/** What is wrong with the expansions in `value`, which stands at `base` in the configuration. */
export function checkExpansions(value: unknown, base: KeyPath, env: Env): Finding[] {
  return textsIn(value, base).flatMap(({ text, path }) =>
    findExpansionProblems(text, env).map(({ source, message }) => ({
      path,
      message: `${source}: ${message}`,
      excerpt: source,
    })),
  );
}

/** The keys with the schema's defaults filled in where these are texts that are to be expanded, such as `%(process_name)s`. */
export function withTemplates(
  schema: z.ZodObject,
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const templates = Object.entries(schema.shape).flatMap(([key, field]) => {
    const text = field instanceof z.ZodPrefault ? field.def.defaultValue : undefined;
    return typeof text === 'string' && dependsOnProcess(text) ? [[key, text] as const] : [];
  });
  return { ...Object.fromEntries(templates), ...options };
}

/**
 * What is wrong with a driver's keys before any process is known: a text that depends on the process is left to
 * {@link parseExpanded}, everything else is checked here.
 */
export function checkOptions(
  schema: z.ZodObject,
  written: Readonly<Record<string, unknown>>,
  base: KeyPath,
  env: Env,
): Finding[] {
  const options = withTemplates(schema, written);
  const values = hostValues(env, 'host');
  const isOpen = (text: string) => dependsOnProcess(text) || findExpansionProblems(text, env).length > 0;
  const parsed = parseExpanded(schema, options, (text) => (isOpen(text) ? text : expand(text, values)));
  if ('data' in parsed) return [];
  const issues = parsed.issues.filter((issue) => canBeTold(issue, options, isOpen));
  return describeIssues(schema, parsed.expanded, issues, base);
}

/** Types that no text expands to. */
const structures: readonly string[] = ['array', 'tuple', 'object', 'record', 'map', 'boolean'];

function canBeTold(issue: Issue, options: unknown, isOpen: (text: string) => boolean): boolean {
  const value = valueAt(options, plainPath(issue));
  if (typeof value === 'string' && isOpen(value)) {
    return issue.code === 'invalid_type' && structures.includes(issue.expected);
  }
  if (issue.code === 'unrecognized_keys' || issue.code === 'invalid_type') return true;
  return !textsIn(value).some(({ text }) => isOpen(text));
}

/** A driver's keys, expanded and checked; or what is wrong with them. */
export type ParsedOptions =
  | { readonly data: Readonly<Record<string, unknown>> }
  | { readonly issues: readonly Issue[]; readonly expanded: unknown };

/** Expands all texts in `options` and checks the result. Where a number is wanted, a text that expanded to one is one. */
export function parseExpanded(
  schema: z.ZodObject,
  written: Readonly<Record<string, unknown>>,
  expandText: (text: string, path: KeyPath) => string,
): ParsedOptions {
  const options = withTemplates(schema, written);
  const expanded = replaceTexts(options, expandText);
  const first = schema.safeParse(expanded);
  if (first.success) return { data: first.data };
  const numeric = first.error.issues
    .filter((issue) => issue.code === 'invalid_type' && issue.expected === 'number')
    .map((issue) => JSON.stringify(issue.path));
  const withNumbers = replaceTexts(expanded, (text, path) => {
    const wanted = numeric.includes(JSON.stringify(path)) && valueAt(options, path) !== text;
    return wanted && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  });
  const second = schema.safeParse(withNumbers);
  return second.success ? { data: second.data } : { issues: second.error.issues, expanded: withNumbers };
}

function plainPath(issue: Issue): KeyPath {
  return issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
}

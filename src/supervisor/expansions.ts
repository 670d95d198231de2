import { DrainctlError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';

/**
 * What `%(…)s` expands to, by name. Numbers are for `d`, though `s` takes them too. `process_num` is missing where the
 * process's name does not end in a number.
 */
export type ExpansionValues = ReadonlyMap<string, string | number>;

/** A mistake in a template. */
export interface ExpansionProblem {
  /** The part of the template that is wrong, such as `%(proces_name)s`. */
  readonly source: string;
  readonly message: string;
}

/** `%(name)s` taken apart. */
interface Directive {
  readonly source: string;
  readonly name: string;
  readonly leftAligned: boolean;
  readonly zeroPadded: boolean;
  readonly width: number;
  readonly conversion: 's' | 'd';
}

/** A template is literal texts, expansions, and what looks like an expansion but is none. */
type Part = string | Directive | { readonly malformed: string };

const processNames = ['process_name', 'program_name', 'group_name', 'process_num'] as const;
const hostNames = ['host_node_name'] as const;
const envPrefix = 'ENV_';

// Python's %-formats with a mapping key, as far as supervisord's files have a use for them.
// https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting
const directivePattern = /%(?:(%)|\((\w+)\)([-0]*)(\d{0,3})([sd]))?/g;

/**
 * The values for one process. `program_name` is the group's name: supervisord does not tell the program's over
 * XML-RPC, and the two are the same unless a `[group:x]` section puts programs together.
 */
export function expansionValues(
  info: { readonly group: string; readonly name: string },
  env: Readonly<Record<string, string | undefined>>,
  hostname: string,
): ExpansionValues {
  const values = new Map<string, string | number>(hostValues(env, hostname));
  values.set('process_name', info.name);
  values.set('program_name', info.group);
  values.set('group_name', info.group);
  const digits = /(?<!\d)\d{1,15}$/.exec(info.name)?.[0];
  if (digits !== undefined) values.set('process_num', Number(digits));
  return values;
}

/** The values that are the same for every process: the environment's and the host's. */
export function hostValues(env: Readonly<Record<string, string | undefined>>, hostname: string): ExpansionValues {
  const values = new Map<string, string | number>([['host_node_name', hostname]]);
  for (const [name, value] of Object.entries(env)) if (value !== undefined) values.set(envPrefix + name, value);
  return values;
}

/**
 * The template with every expansion replaced, as supervisord does it: `%(process_num)02d` is padded with zeros, `%%`
 * is one `%`. Throws `CONFIG_INVALID`, naming the part of the template that can't be expanded and why.
 */
export function expand(template: string, values: ExpansionValues): string {
  return parts(template)
    .map((part) => (typeof part === 'string' ? part : expandPart(part, values)))
    .join('');
}

function expandPart(part: Exclude<Part, string>, values: ExpansionValues): string {
  const problem = partProblem(part, (name) => values.has(name));
  if (problem !== undefined) throw new DrainctlError('CONFIG_INVALID', `${problem.source}: ${problem.message}`);
  return 'malformed' in part ? part.malformed : format(part, values.get(part.name) ?? '');
}

function format(directive: Directive, value: string | number): string {
  const text = String(value);
  if (directive.leftAligned) return text.padEnd(directive.width);
  return text.padStart(directive.width, directive.zeroPadded && directive.conversion === 'd' ? '0' : ' ');
}

/**
 * Everything wrong with a template that can be told before the process is known: what is malformed, of an unknown
 * name, of the wrong kind, or an environment variable that is not in `env`.
 */
export function findExpansionProblems(
  template: string,
  env: Readonly<Record<string, string | undefined>>,
): ExpansionProblem[] {
  const values = hostValues(env, '');
  const known = (name: string) => values.has(name) || isProcessName(name);
  return parts(template).flatMap((part) => {
    const problem = typeof part === 'string' ? undefined : partProblem(part, known);
    return problem === undefined ? [] : [problem];
  });
}

/** True where the text differs from process to process, so that it is known only once the process is. */
export function dependsOnProcess(template: string): boolean {
  return parts(template).some((part) => typeof part === 'object' && 'name' in part && isProcessName(part.name));
}

function isProcessName(name: string): boolean {
  return processNames.some((known) => known === name);
}

function partProblem(part: Exclude<Part, string>, known: (name: string) => boolean): ExpansionProblem | undefined {
  if ('malformed' in part) {
    const message = 'not an expansion; write %(name)s, %(process_num)02d, or %% for a percent sign';
    return { source: part.malformed, message };
  }
  if (!known(part.name)) return { source: part.source, message: unknownName(part.name) };
  if (part.conversion === 'd' && part.name !== 'process_num') {
    return { source: part.source, message: `${part.name} is text; write %(${part.name})s` };
  }
  return undefined;
}

function unknownName(name: string): string {
  if (name === 'process_num') return "the process's name does not end in a number, so it has no process_num";
  if (name.startsWith(envPrefix)) {
    return `the environment variable ${name.slice(envPrefix.length)} is not set`;
  }
  return `unknown expansion${didYouMean(name, [...processNames, ...hostNames, `${envPrefix}X`])}`;
}

function parts(template: string): Part[] {
  const found: Part[] = [];
  let end = 0;
  for (const match of template.matchAll(directivePattern)) {
    found.push(template.slice(end, match.index), partOf(template, match));
    end = match.index + match[0].length;
  }
  found.push(template.slice(end));
  return found;
}

function partOf(template: string, match: RegExpExecArray): Part {
  const [source, percent, name, flags = '', width = '', conversion] = match;
  if (percent !== undefined) return '%';
  if (name === undefined) return { malformed: malformedSource(template.slice(match.index)) };
  return {
    source,
    name,
    leftAligned: flags.includes('-'),
    zeroPadded: flags.includes('0'),
    width: Number(width),
    conversion: conversion === 'd' ? 'd' : 's',
  };
}

/** As much of the text as its writer probably meant as one expansion, for the message. */
function malformedSource(text: string): string {
  return /^%(?:\([^\s()]*\)?[\d-]*\w?|\w{0,3})/.exec(text)?.[0] ?? '%';
}

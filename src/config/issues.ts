import * as z from 'zod';
import { didYouMean } from '../suggest.ts';
import type { Finding, KeyPath } from './problems.ts';

type Issue = z.core.$ZodIssue;

/**
 * What a schema found wrong, in the words of the operator. `input` is what was checked and `base` the path to it.
 */
export function describeIssues(
  schema: z.ZodType,
  input: unknown,
  issues: readonly Issue[],
  base: KeyPath = [],
): Finding[] {
  return issues.flatMap((issue) => describe(schema, input, issue, base));
}

function describe(schema: z.ZodType, input: unknown, issue: Issue, base: KeyPath): Finding[] {
  const inner = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  const path = [...base, ...inner];
  const value = valueAt(input, inner);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(schema, inner);
      return issue.keys.map((key) => ({
        path: [...path, key],
        at: 'key',
        message: `unknown key${didYouMean(key, known)}`,
      }));
    }
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, at: 'key', message }));
    case 'invalid_union':
      return describeUnion(schema, input, issue, base);
    default:
      return [{ path, message: message(issue, value) }];
  }
}

/** The branch that was meant is the one whose complaints lie deepest; where all refuse the type, all types are named. */
function describeUnion(
  schema: z.ZodType,
  input: unknown,
  issue: z.core.$ZodIssueInvalidUnion,
  base: KeyPath,
): Finding[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  const branches = issue.errors.filter((errors) => errors.length > 0);
  const meant = branches.find((errors) => errors.some(({ code, path }) => code !== 'invalid_type' || path.length > 0));
  if (meant !== undefined) {
    const placed = meant.map((error) => ({ ...error, path: [...issue.path, ...error.path] }));
    return describeIssues(schema, input, placed, base);
  }
  const types = branches.flatMap((errors) => errors.flatMap((error) => ('expected' in error ? [error.expected] : [])));
  const value = valueAt(input, path);
  const text = types.length === 0 ? issue.message : expected([...new Set(types)], value);
  return [{ path: [...base, ...path], message: text }];
}

function message(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message.startsWith('Invalid input')) return expected([issue.expected], value);
      return value === undefined ? `is missing; ${issue.message}` : issue.message;
    case 'invalid_value':
      return notOneOf(issue.values.map(String), value);
    case 'too_small':
      return issue.message.startsWith('Too small') ? tooSmall(issue, value) : issue.message;
    case 'too_big':
      return issue.message.startsWith('Too big')
        ? `must be at most ${issue.maximum}, not ${show(value)}`
        : issue.message;
    default:
      return issue.message.slice(0, 1).toLowerCase() + issue.message.slice(1);
  }
}

function notOneOf(allowed: readonly string[], value: unknown): string {
  if (value === undefined) return `is missing; it is ${allowed.map((word) => `"${word}"`).join(' or ')}`;
  const hint = typeof value === 'string' ? didYouMean(value, allowed) : `; known: ${allowed.join(', ')}`;
  return `${show(value)} is not known here${hint}`;
}

function tooSmall(issue: z.core.$ZodIssueTooSmall, value: unknown): string {
  if (Array.isArray(value)) return `needs at least ${issue.minimum} ${issue.minimum === 1 ? 'entry' : 'entries'}`;
  if (value === '') return 'must not be empty';
  return `must be at least ${issue.minimum}, not ${show(value)}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a map of keys',
  record: 'a map of names',
};

function expected(types: readonly string[], value: unknown): string {
  const names = types.map((type) => typeNames[type] ?? type).join(' or ');
  if (value === undefined) return `is missing; ${names} is needed`;
  if (value === null) return `is empty; ${names} is needed (leave the key out for the default)`;
  return `must be ${names}, not ${show(value)}`;
}

/** A value for a message, cut short. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The value that a path leads to; undefined where there is none. */
export function valueAt(input: unknown, path: KeyPath): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key]; // an object that has the key was checked above
  }
  return value;
}

/** The keys that the schema's objects at `path` take; several objects where a union allows them. */
function knownKeys(schema: z.ZodType, path: KeyPath): string[] {
  let reached = unwrap(schema);
  for (const key of path) reached = reached.flatMap((parent) => unwrap(childSchema(parent, key)));
  return reached.flatMap((last) => (last instanceof z.ZodObject ? Object.keys(last.shape) : []));
}

function childSchema(schema: unknown, key: string | number): unknown {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<string, unknown>)[key]; // any key may be asked for
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodArray) return schema.element;
  return undefined;
}

/** What lies under defaults, transformations and unions. */
function unwrap(schema: unknown): unknown[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap());
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(unwrap);
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : [schema];
}

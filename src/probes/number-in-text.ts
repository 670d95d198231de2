import * as z from 'zod';
import { parseCount } from '../count.ts';

/** A regular expression whose first group is a number. */
export const numberRegexSchema = z
  .string()
  .refine(hasGroup, 'write a regular expression with one group, such as busy=(\\d+)');

/**
 * Finds the count in a text: the whole of it, or the first group of the first match, lines apart (`m`). The reader gives
 * undefined where there is none.
 */
export function numberReader(regex: string | undefined): (text: string) => number | undefined {
  if (regex === undefined) return parseCount;
  const pattern = new RegExp(regex, 'm');
  return (text) => parseCount(pattern.exec(text)?.[1] ?? '');
}

function hasGroup(pattern: string): boolean {
  try {
    // With an empty alternative it matches anything, and shows how many groups there are.
    return (new RegExp(`${pattern}|`, 'm').exec('')?.length ?? 0) > 1;
  } catch {
    return false;
  }
}

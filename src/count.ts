/**
 * The count that a text is: decimal digits and nothing else but space around them, at most 2^53 - 1. No sign, point,
 * exponent, unit or `NaN`: what does not look like a count was probably never one. Undefined for anything else.
 */
export function parseCount(text: string): number | undefined {
  const digits = text.trim();
  return /^\d{1,16}$/.test(digits) ? wholeCount(Number(digits)) : undefined;
}

/** The value itself where it is a whole number from 0 to 2^53 - 1; undefined for anything else. */
export function wholeCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** What an answer looks like, for a message: its first 80 characters on one line. */
export function excerpt(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  if (line === '') return 'nothing';
  return `"${line.length > 80 ? `${line.slice(0, 80)}…` : line}"`;
}

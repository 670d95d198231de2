import { rules } from '../../src/check/rules.ts';
import { code, markdownTable } from './markdown.ts';

/** The table of docs/check.md: every rule of `drainctl check`. */
export function ruleTable(): string {
  const rows = rules.map(({ name, severity, looksAt, remedy }) => [code(name), severity, looksAt, remedy]);
  return markdownTable(['rule', 'severity', 'what must hold', 'what to do'], rows);
}

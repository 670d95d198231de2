import type { CheckDocument, SkippedRule } from '../check/apply.ts';
import type { Finding, Severity } from '../check/rule.ts';
import { sentence } from '../errors.ts';
import type { TextOutput } from './command.ts';
import { printable } from './table.ts';

/** The findings, each with its remedy; then how many there are, and what could not or need not be checked. */
export function printFindings(output: TextOutput, document: CheckDocument, color: boolean): void {
  const { findings, advice, checked, skipped } = document;
  for (const finding of [...findings, ...advice]) output.write(`${findingText(finding, color)}\n`);
  const looked = `${checked.length} rules looked`;
  output.write(findings.length === 0 ? `No finding; ${looked}.\n` : `${sayCounts(findings)}; ${looked}.\n`);
  for (const [why, names] of byReason(skipped))
    output.write(`${printable(`Not checked (${why}): ${names.join(', ')}`)}\n`);
}

const paints: Readonly<Record<Severity, (text: string) => string>> = {
  error: (text) => `\u001b[31m${text}\u001b[39m`,
  warning: (text) => `\u001b[33m${text}\u001b[39m`,
  advice: (text) => `\u001b[36m${text}\u001b[39m`,
};

function findingText({ severity, rule, target, message, remedy }: Finding, color: boolean): string {
  const word = color ? paints[severity](severity) : severity;
  return [
    `${word} ${rule}: ${printable(target)}`,
    `  ${printable(sentence(message))}`,
    `  → ${printable(remedy)}`,
    '',
  ].join('\n');
}

function sayCounts(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const parts = [count(errors, 'error'), count(findings.length - errors, 'warning')].filter((part) => part !== '');
  return parts.join(', ');
}

function count(number: number, word: string): string {
  if (number === 0) return '';
  return number === 1 ? `1 ${word}` : `${number} ${word}s`;
}

/** Rules that were skipped for one reason share a line. */
function byReason(skipped: readonly SkippedRule[]): ReadonlyMap<string, readonly string[]> {
  const reasons = new Map<string, string[]>();
  for (const { rule, why } of skipped) reasons.set(why, [...(reasons.get(why) ?? []), rule]);
  return reasons;
}

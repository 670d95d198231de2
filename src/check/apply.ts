import type { FactName, Facts } from './facts.ts';
import { sayNames } from './names.ts';
import type { Finding, Rule, Severity } from './rule.ts';

/** A rule that had nothing to look at, and why. */
export interface SkippedRule {
  readonly rule: string;
  readonly why: string;
}

/** What `drainctl check --json` prints. */
export interface CheckDocument {
  readonly findings: readonly Finding[];
  /** What could be better; of the same form. */
  readonly advice: readonly Finding[];
  /** The rules that have looked. */
  readonly checked: readonly string[];
  /** Those that could not, or had no reason to. */
  readonly skipped: readonly SkippedRule[];
}

/** Applies every rule to the facts. Errors come first; otherwise findings are in the order of the rules. */
export function applyRules(rules: readonly Rule[], facts: Facts): CheckDocument {
  const verdicts = rules.map((rule) => applyRule(rule, facts, rules));
  const findings = verdicts.flatMap((verdict) => mergeTargets(verdict.findings));
  return {
    findings: [...findings.filter(is('error')), ...findings.filter(is('warning'))],
    advice: findings.filter(is('advice')),
    checked: rules.filter((_, index) => verdicts[index]?.skipped === undefined).map(({ name }) => name),
    skipped: verdicts.flatMap(({ skipped }) => skipped ?? []),
  };
}

interface Verdict {
  readonly findings: readonly Finding[];
  readonly skipped?: SkippedRule;
}

function applyRule(rule: Rule, facts: Facts, rules: readonly Rule[]): Verdict {
  const needed = rule.needs.map((need) => [need, facts[need]] as const);
  for (const [, fact] of needed) {
    if (fact.kind === 'absent') return skip(rule, fact.why);
    if (fact.kind === 'known') continue;
    const teller = rules.find(({ tells }) => tells === fact.fact);
    if (teller !== undefined && teller !== rule) return skip(rule, `see ${teller.name}`);
    return {
      findings: [
        findingOf(rule, {
          target: targetNames[fact.fact] ?? fact.fact,
          message: teller === rule ? fact.message : `It could not be checked: ${fact.message}`,
          remedy: fact.hint,
        }),
      ],
    };
  }
  const values = Object.fromEntries(
    needed.map(([need, fact]) => [need, fact.kind === 'known' ? fact.value : undefined]),
  );
  // as: each fact that the rule needs is known, and it looks at no others
  return { findings: rule.check(values as never).map((problem) => findingOf(rule, problem)) };
}

function skip({ name }: Rule, why: string): Verdict {
  return { findings: [], skipped: { rule: name, why } };
}

/** What a fact is called where it could not be had. */
const targetNames: Partial<Record<FactName, string>> = {
  settings: 'supervisord',
  supervisordConfig: "supervisord's configuration",
  listenerSection: "supervisord's configuration",
  unit: 'systemd',
  stateDir: 'state_dir',
  configFile: 'the configuration',
};

/** Many processes with one and the same problem are one finding. */
function mergeTargets(findings: readonly Finding[]): Finding[] {
  const merged = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.severity, finding.message, finding.remedy]);
    merged.set(key, [...(merged.get(key) ?? []), finding]);
  }
  return [...merged.values()].flatMap((same) =>
    same.slice(0, 1).map((first) => ({ ...first, target: sayNames(same.map(({ target }) => target)) })),
  );
}

function findingOf(rule: Rule, problem: ReturnType<Rule['check']>[number]): Finding {
  return {
    rule: rule.name,
    severity: problem.severity ?? rule.severity,
    target: problem.target,
    message: problem.message,
    remedy: problem.remedy || rule.remedy,
  };
}

function is(severity: Severity): (finding: Finding) => boolean {
  return (finding) => finding.severity === severity;
}

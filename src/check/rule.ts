import type { FactName, FactTypes } from './facts.ts';

/**
 * `error`: work will be cut off, or something does not work; `warning`: it may be, or an operator is misled; `advice`: all
 * is as it was installed, and could be better. Advice is no finding: it leaves the exit status alone.
 */
export type Severity = 'error' | 'warning' | 'advice';

/** What a rule found, as it finds it: what it leaves out, the rule says. */
export interface Problem {
  /** Where: a file, a process, a pool's address, a unit. */
  readonly target: string;
  /** What is wrong, and what comes of it. */
  readonly message: string;
  /** What to run or change here; where it is absent, the rule's own. */
  readonly remedy?: string;
  readonly severity?: Severity;
}

/** What is wrong with one thing, as `--json` prints it. */
export interface Finding {
  /** The rule's permanent name. */
  readonly rule: string;
  readonly severity: Severity;
  readonly target: string;
  readonly message: string;
  readonly remedy: string;
}

/**
 * One rule of `drainctl check`: a pure decision over facts. Its name never changes its meaning, because scripts match
 * on it. The table of docs/check.md is made from these.
 */
export interface Rule<Need extends FactName = FactName> {
  readonly name: string;
  readonly severity: Severity;
  /** What it looks at, and what it wants, for the docs. */
  readonly looksAt: string;
  /** What to do in general. */
  readonly remedy: string;
  /** The facts without which it can't decide: where one is not to be had, the rule is skipped, and says so. */
  readonly needs: readonly Need[];
  /** The fact that this rule misses itself: where it can't be had, that is this rule's finding. */
  readonly tells?: FactName;
  check(facts: Pick<FactTypes, Need>): readonly Problem[];
}

/** Declares a rule; it only carries the types. */
export function defineRule<const Need extends FactName>(rule: Rule<Need>): Rule {
  // as: whoever applies a rule gives it the facts that it needs, and a rule looks at no others
  return rule as unknown as Rule;
}

/** A rule whose finding is that a fact can't be had; the fact says why, and mostly what to do. */
export function tellingRule(fact: FactName, rule: Omit<Rule, 'needs' | 'tells' | 'check'>): Rule {
  return { ...rule, needs: [fact], tells: fact, check: () => [] };
}

import { buildConfig } from './build.ts';
import type { Config } from './config.ts';
import { checkDeadlines } from './deadlines.ts';
import { parseConfigDocument } from './document.ts';
import { checkDriverKeys } from './driver-keys.ts';
import { describeIssues, valueAt } from './issues.ts';
import { configInvalid, type Finding } from './problems.ts';
import type { Registries } from './registries.ts';
import { looseConfigSchema } from './schema.ts';

/** What a configuration's text is checked against. */
export interface ParseOptions {
  /** For `%(ENV_X)s`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly registries: Registries;
  /** Reads `supervisor.password_file`. */
  readonly readPassword: (passwordFile: string) => { password: string } | { problem: string };
}

/**
 * The configuration in `text`, which came from `file`, checked and with defaults filled in. Throws one
 * `CONFIG_INVALID` with every mistake in it, in `details.problems` too.
 */
export function parseConfig(file: string, text: string, options: ParseOptions): Config {
  const document = parseConfigDocument(file, text);
  const root = document.value;
  if (root === undefined) throw configInvalid(file, document.syntaxProblems);
  const parsed = looseConfigSchema.safeParse(root);
  const password = passwordOf(root, options);
  const findings: Finding[] = isEmpty(root)
    ? [{ path: [], message: 'the file is empty; write "programs: {}" to run on defaults' }]
    : [
        ...(parsed.success ? [] : describeIssues(looseConfigSchema, root, parsed.error.issues)),
        ...checkDriverKeys(root, options.registries, options.env),
        ...checkDeadlines(root),
        ...('problem' in password
          ? [{ path: ['supervisor', 'password_file'], message: password.problem } satisfies Finding]
          : []),
      ];
  const problems = [...document.syntaxProblems, ...withoutRepeats(findings).map((finding) => document.locate(finding))];
  if (problems.length > 0 || !parsed.success) throw configInvalid(file, problems);
  return buildConfig(file, parsed.data, options.registries, 'password' in password ? password.password : undefined);
}

/** One complaint about one thing: the first says it best. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const first = new Map<string, Finding>();
  for (const finding of findings) {
    const place = JSON.stringify([finding.path, finding.excerpt]);
    if (!first.has(place)) first.set(place, finding);
  }
  return [...first.values()];
}

function isEmpty(root: unknown): boolean {
  return root === null || root === '';
}

function passwordOf(root: unknown, options: ParseOptions): { password: string | undefined } | { problem: string } {
  const passwordFile = valueAt(root, ['supervisor', 'password_file']);
  return typeof passwordFile === 'string' && passwordFile !== ''
    ? options.readPassword(passwordFile)
    : { password: undefined };
}

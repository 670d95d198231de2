import { passwordProblem } from './addresses.ts';
import { checkAgentPorts } from './agent-ports.ts';
import { buildConfig } from './build.ts';
import type { Config } from './config.ts';
import { checkDeadlines } from './deadlines.ts';
import { parseConfigDocument } from './document.ts';
import { checkDriverKeys } from './driver-keys.ts';
import { checkHealthEndpoints } from './health-endpoints.ts';
import { describeIssues, valueAt } from './issues.ts';
import { checkOwnAddress } from './own-address.ts';
import { configInvalid, type Finding } from './problems.ts';
import type { Registries } from './registries.ts';
import { looseConfigSchema } from './schema.ts';

/** What a configuration's text is checked against. */
export interface ParseOptions {
  /** For `%(ENV_X)s`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly registries: Registries;
  /** Reads a `password_file`. */
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
  const supervisor = passwordOf(root, 'supervisor', options);
  const sidecar = passwordOf(root, 'sidecar', options);
  const findings: Finding[] = isEmpty(root)
    ? [{ path: [], message: 'the file is empty; write "programs: {}" to run on defaults' }]
    : [
        ...(parsed.success ? [] : describeIssues(looseConfigSchema, root, parsed.error.issues)),
        ...checkDriverKeys(root, options.registries, options.env),
        ...checkDeadlines(root),
        ...checkOwnAddress(root),
        ...checkHealthEndpoints(root, options.registries),
        ...checkAgentPorts(root),
        ...supervisor.findings,
        ...sidecar.findings,
      ];
  const problems = [...document.syntaxProblems, ...withoutRepeats(findings).map((finding) => document.locate(finding))];
  if (problems.length > 0 || !parsed.success) throw configInvalid(file, problems);
  const passwords = { supervisor: supervisor.password, sidecar: sidecar.password };
  return buildConfig(file, parsed.data, options.registries, passwords);
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

interface FilePassword {
  readonly password: string | undefined;
  readonly findings: readonly Finding[];
}

function passwordOf(root: unknown, section: 'supervisor' | 'sidecar', options: ParseOptions): FilePassword {
  const path = [section, 'password_file'];
  const passwordFile = valueAt(root, path);
  if (typeof passwordFile !== 'string' || passwordFile === '') return { password: undefined, findings: [] };
  const read = options.readPassword(passwordFile);
  const problem = 'problem' in read ? read.problem : misreadAs(section, read.password);
  if (problem !== undefined) return { password: undefined, findings: [{ path, message: problem }] };
  return { password: 'password' in read ? read.password : undefined, findings: [] };
}

/** Only the sidecar's may be a hash: drainctl has to send supervisord's as it is. */
function misreadAs(section: 'supervisor' | 'sidecar', password: string): string | undefined {
  const problem = section === 'sidecar' ? passwordProblem(password) : undefined;
  return problem === undefined ? undefined : `its first line ${problem}`;
}

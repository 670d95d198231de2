import type * as z from 'zod';
import { DrainctlError, isDrainctlError } from '../errors.ts';
import type { ProbeDriver } from '../probes/probe.ts';
import type { StepDriver, StepMoment } from '../steps/step.ts';
import { type ExpansionValues, expand } from '../supervisor/expansions.ts';
import { httpUrlProblem } from './addresses.ts';
import type { Config, MemberTemplate, OnFailure, PoolConfig, ProbeTemplate, ProgramConfig } from './config.ts';
import { describeIssues, show, valueAt } from './issues.ts';
import { formatPath, type KeyPath } from './problems.ts';
import { parseExpanded } from './templates.ts';

/** A process's entry in a pool, expanded and checked by the pool's driver. */
export interface ResolvedMember {
  readonly pool: PoolConfig;
  /** What the driver's methods take as a member. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The driver's name for it, such as `app/web_00`. */
  readonly label: string;
}

/** A probe for one process, expanded and checked. */
export interface ResolvedProbe {
  readonly driver: ProbeDriver;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A step for one process, expanded and checked. */
export interface ResolvedStep {
  readonly driver: StepDriver;
  readonly options: Readonly<Record<string, unknown>>;
  readonly onFailure: OnFailure;
}

/** How to tell that one process can work: one of the two is given. */
export interface ResolvedReady {
  readonly http: string | undefined;
  readonly exec: readonly string[] | undefined;
  readonly deadlineMs: number;
}

/**
 * A member for one process. Throws `CONFIG_INVALID` naming program, key and the expanded value where the driver does
 * not take it.
 */
export function resolveMember(
  config: Config,
  program: ProgramConfig,
  template: MemberTemplate,
  values: ExpansionValues,
): ResolvedMember {
  const path = ['programs', program.pattern, 'members', program.members.indexOf(template)];
  const pool = config.pools.get(template.pool);
  if (pool === undefined) throw invalid(config, [...path, 'pool'], `there is no pool "${template.pool}"`);
  const options = resolveOptions(config, pool.driver.member, template.options, path, values);
  return { pool, options, label: pool.driver.label(options) };
}

/** A probe for one process. Throws as {@link resolveMember} does. */
export function resolveProbe(
  config: Config,
  program: ProgramConfig,
  template: ProbeTemplate,
  values: ExpansionValues,
): ResolvedProbe {
  const path = ['programs', program.pattern, 'in_flight', program.inFlight?.indexOf(template) ?? 0];
  return {
    driver: template.driver,
    options: resolveOptions(config, template.driver.options, template.options, path, values),
  };
}

/** The steps of one list for one process, in order. Throws as {@link resolveMember} does. */
export function resolveSteps(
  config: Config,
  program: ProgramConfig,
  moment: StepMoment,
  values: ExpansionValues,
): readonly ResolvedStep[] {
  const templates = moment === 'before_stop' ? program.beforeStop : program.afterDrain;
  return templates.map(({ driver, options, onFailure }, index) => {
    const path = ['programs', program.pattern, moment, index];
    return { driver, options: resolveOptions(config, driver.options, options, path, values), onFailure };
  });
}

/** How to tell that one process is ready; undefined where the program does not say. Throws as {@link resolveMember} does. */
export function resolveReady(
  config: Config,
  program: ProgramConfig,
  values: ExpansionValues,
): ResolvedReady | undefined {
  if (program.ready === undefined) return undefined;
  const path = ['programs', program.pattern, 'ready'];
  const expandAt = (key: string, text: string) => expandOrThrow(config, [...path, key], text, values);
  const http = program.ready.http === undefined ? undefined : expandAt('http', program.ready.http);
  const problem = http === undefined ? undefined : httpUrlProblem(http);
  if (problem !== undefined) throw invalid(config, [...path, 'http'], problem, http);
  return {
    http,
    exec: program.ready.exec?.map((argument) => expandAt('exec', argument)),
    deadlineMs: program.ready.deadlineMs,
  };
}

function resolveOptions(
  config: Config,
  schema: z.ZodObject,
  options: Readonly<Record<string, unknown>>,
  path: KeyPath,
  values: ExpansionValues,
): Readonly<Record<string, unknown>> {
  const parsed = parseExpanded(schema.strict(), options, (text, key) =>
    expandOrThrow(config, [...path, ...key], text, values),
  );
  if ('data' in parsed) return parsed.data;
  const [finding] = describeIssues(schema, parsed.expanded, parsed.issues, path);
  const value = finding === undefined ? undefined : valueAt(parsed.expanded, finding.path.slice(path.length));
  throw invalid(config, finding?.path ?? path, finding?.message ?? 'is not valid', value);
}

function expandOrThrow(config: Config, path: KeyPath, text: string, values: ExpansionValues): string {
  try {
    return expand(text, values);
  } catch (error) {
    if (!isDrainctlError(error)) throw error;
    throw invalid(config, path, `${show(text)} can't be expanded: ${error.message}`);
  }
}

function invalid(config: Config, path: KeyPath, message: string, value?: unknown): DrainctlError {
  const expanded = value === undefined ? '' : ` (it expands to ${show(value)})`;
  return new DrainctlError('CONFIG_INVALID', `${config.file}: ${formatPath(path)}: ${message}${expanded}`, {
    hint: `Mend ${formatPath(path)} in ${config.file}, then see that "drainctl plan" finds nothing more.`,
    details: { file: config.file, path: formatPath(path), message },
  });
}

import type * as z from 'zod';
import type { PoolDriver } from '../pools/pool.ts';
import { didYouMean } from '../suggest.ts';
import { capacityKeys, checkCapacityKeys, withoutCapacityKeys } from './capacity.ts';
import { findDuplicateMembers } from './duplicate-members.ts';
import { describeIssues } from './issues.ts';
import type { Finding, KeyPath } from './problems.ts';
import { entriesOf, type Keys, mapsIn } from './raw.ts';
import type { Registries } from './registries.ts';
import { stepKeys, stepLists } from './steps.ts';
import { checkExpansions, checkOptions } from './templates.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What is wrong with the keys that drivers declare: in `pools`, in members, in probes and in steps. Looks at the file as it is,
 * so that these mistakes are told together with all others; what is not of the right form at all is left to the schema.
 */
export function checkDriverKeys(root: unknown, { pools, probes, steps }: Registries, env: Env): Finding[] {
  const poolEntries = entriesOf(root, 'pools');
  const programs = entriesOf(root, 'programs');
  const driverOf = new Map(poolEntries.map(([name, pool]) => [name, driverNamed(pools, pool['driver'])]));
  return [
    ...poolEntries.flatMap(([name, pool]) => checkPool(pool, ['pools', name], pools)),
    ...programs.flatMap(([name, program]) => [
      ...mapsIn(program['members']).flatMap(([index, member]) =>
        checkMember(member, ['programs', name, 'members', index], driverOf, env),
      ),
      ...mapsIn(program['in_flight']).flatMap(([index, probe]) =>
        checkProbe(probe, ['programs', name, 'in_flight', index], probes, env),
      ),
      ...stepLists.flatMap((list) =>
        mapsIn(program[list]).flatMap(([index, step]) => checkStep(step, ['programs', name, list, index], steps, env)),
      ),
      ...checkExpansions(program['ready'], ['programs', name, 'ready'], env),
    ]),
    ...findDuplicateMembers(programs, driverOf),
  ];
}

function checkPool({ driver, ...options }: Keys, path: KeyPath, drivers: Registries['pools']): Finding[] {
  if (typeof driver !== 'string' || driver === '') return [];
  const known = drivers.get(driver);
  if (known === undefined) return [unknownWord([...path, 'driver'], 'pool driver', driver, drivers.keys())];
  const schema = known.options.strict();
  const own = withoutCapacityKeys(options);
  const parsed = schema.safeParse(own);
  return [
    ...checkCapacityKeys(options, path, known),
    // The keys of every pool are named too where one is misspelt.
    ...(parsed.success ? [] : describeIssues(schema.extend(capacityKeys()), own, parsed.error.issues, path)),
  ];
}

function checkMember(
  { pool, ...options }: Keys,
  path: KeyPath,
  driverOf: ReadonlyMap<string, PoolDriver | undefined>,
  env: Env,
): Finding[] {
  const expansions = checkExpansions(options, path, env);
  if (typeof pool !== 'string' || pool === '') return expansions;
  if (!driverOf.has(pool)) return [...expansions, unknownWord([...path, 'pool'], 'pool', pool, driverOf.keys())];
  return [...expansions, ...checkKeys(driverOf.get(pool)?.member, options, path, env)];
}

function checkProbe({ probe, ...options }: Keys, path: KeyPath, drivers: Registries['probes'], env: Env): Finding[] {
  const expansions = checkExpansions(options, path, env);
  if (typeof probe !== 'string' || probe === '') return expansions;
  const known = drivers.get(probe);
  if (known === undefined) return [...expansions, unknownWord([...path, 'probe'], 'probe', probe, drivers.keys())];
  return [...expansions, ...checkKeys(known.options, options, path, env)];
}

function checkStep({ step, ...options }: Keys, path: KeyPath, drivers: Registries['steps'], env: Env): Finding[] {
  const expansions = checkExpansions(options, path, env);
  if (typeof step !== 'string' || step === '') return expansions;
  const known = drivers.get(step);
  if (known === undefined) return [...expansions, unknownWord([...path, 'step'], 'step', step, drivers.keys())];
  return [...expansions, ...checkKeys(known.options.extend(stepKeys()), options, path, env)];
}

function checkKeys(schema: z.ZodObject | undefined, options: Keys, path: KeyPath, env: Env): Finding[] {
  return schema === undefined ? [] : checkOptions(schema.strict(), options, path, env);
}

function unknownWord(path: KeyPath, kind: string, word: string, known: Iterable<string>): Finding {
  return { path, message: `there is no ${kind} "${word}"${didYouMean(word, known)}` };
}

function driverNamed(drivers: Registries['pools'], name: unknown): PoolDriver | undefined {
  return typeof name === 'string' ? drivers.get(name) : undefined;
}

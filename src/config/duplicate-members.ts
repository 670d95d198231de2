import type { PoolDriver } from '../pools/pool.ts';
import { dependsOnProcess } from '../supervisor/expansions.ts';
import { type Finding, formatPath, type KeyPath } from './problems.ts';
import { type Keys, mapsIn } from './raw.ts';
import { textsIn, withTemplates } from './templates.ts';

/**
 * The same member twice in one program, or a member without any part that differs from process to process in two
 * programs: both would take it out and put it back without knowing of each other. `driverOf` has the pools' drivers.
 */
export function findDuplicateMembers(
  programs: readonly (readonly [pattern: string, program: Keys])[],
  driverOf: ReadonlyMap<string, PoolDriver | undefined>,
): Finding[] {
  const members = programs.flatMap(([pattern, program]) =>
    mapsIn(program['members']).map(([index, member]) => ({
      path: ['programs', pattern, 'members', index],
      pool: String(member['pool']),
      identity: identify(pattern, member, driverOf),
    })),
  );
  const firstPaths = new Map<string, KeyPath>();
  return members.flatMap(({ path, pool, identity }) => {
    const first = identity === undefined ? undefined : firstPaths.get(identity);
    if (first !== undefined) return [{ path, message: `is the same member of pool "${pool}" as ${formatPath(first)}` }];
    if (identity !== undefined) firstPaths.set(identity, path);
    return [];
  });
}

/** Equal for members that are the same; undefined where the pool or its driver is not known. */
function identify(
  pattern: string,
  { pool, ...written }: Keys,
  driverOf: ReadonlyMap<string, PoolDriver | undefined>,
): string | undefined {
  const driver = typeof pool === 'string' ? driverOf.get(pool) : undefined;
  if (driver === undefined) return undefined;
  const options = withTemplates(driver.member, written);
  const differsByProcess = textsIn(options).some(({ text }) => dependsOnProcess(text));
  return JSON.stringify([pool, labelOf(driver, options), differsByProcess ? pattern : '']);
}

/** The label where the driver can make one of what is not yet expanded, else the keys themselves. */
function labelOf(driver: PoolDriver, options: Keys): string {
  const parsed = driver.member.safeParse(options);
  return parsed.success ? driver.label(parsed.data) : JSON.stringify(Object.entries(options).sort());
}

import { valueAt } from './issues.ts';
import type { Finding } from './problems.ts';
import { entriesOf } from './raw.ts';
import type { Registries } from './registries.ts';

/** Finds pools that work through the sidecar's health endpoints where it serves none. */
export function checkHealthEndpoints(root: unknown, { pools }: Pick<Registries, 'pools'>): Finding[] {
  if (valueAt(root, ['sidecar', 'http']) !== undefined) return [];
  return entriesOf(root, 'pools')
    .filter(([, { driver }]) => typeof driver === 'string' && pools.get(driver)?.needsHealthEndpoints === true)
    .map(([name]) => ({
      path: ['pools', name, 'driver'],
      message:
        "needs the sidecar's health endpoints; set http of sidecar, such as 0.0.0.0:9011, and restart the listener",
    }));
}

import * as z from 'zod';
import { formatDuration } from '../duration.ts';
import type { PoolDriver } from '../pools/pool.ts';
import type { CapacityRule } from './config.ts';
import { defaultCapacityWaitMs } from './defaults.ts';
import type { Finding, KeyPath } from './problems.ts';
import type { Keys } from './raw.ts';
import { duration } from './schema-parts.ts';

const percentage = /^([1-9]\d?)%$/;

/**
 * The keys of `pools.NAME` that say how many others must be available before a member is taken out. They are for every
 * driver that can count that, and for the pool as a whole: two programs that share a backend share its minimum.
 */
export function capacityKeys() {
  return {
    min_available: z
      .union([
        z.int().min(1),
        z.string().regex(percentage, { error: 'must be a whole number, or a percentage from "1%" to "99%"' }),
      ])
      .optional()
      .describe(
        'How many others must be available before a process is taken out: servers, or a percentage of all of its backend, such as `"50%"`.',
      ),
    capacity_wait: duration(0)
      .optional()
      .describe(`How long is waited until so many are. Default: ${formatDuration(defaultCapacityWaitMs)}`),
  };
}

const names = Object.keys(capacityKeys());

/** A pool's keys without those of {@link capacityKeys}: what is left is its driver's. */
export function withoutCapacityKeys(pool: Keys): Keys {
  return Object.fromEntries(Object.entries(pool).filter(([key]) => !names.includes(key)));
}

/** Complains of keys that a driver can't keep: what can't be counted can't be waited for either. */
export function checkCapacityKeys(pool: Keys, path: KeyPath, driver: PoolDriver): Finding[] {
  const { name, countsCapacity = false, countsOnlyWith: needed } = driver;
  if (countsCapacity && (needed === undefined || pool[needed] !== undefined)) return [];
  const message = countsCapacity
    ? `driver "${name}" counts how many others are available only with ${needed}; name those, or leave this key out`
    : `driver "${name}" can't count how many others are available; leave this key out`;
  return names.filter((key) => pool[key] !== undefined).map((key) => ({ path: [...path, key], at: 'key', message }));
}

/** Undefined where no minimum is set. `input` has passed {@link capacityKeys}. */
export function buildCapacity(input: {
  readonly min_available?: number | string | undefined;
  readonly capacity_wait?: number | undefined;
}): CapacityRule | undefined {
  const { min_available: minimum, capacity_wait: waitMs = defaultCapacityWaitMs } = input;
  if (minimum === undefined) return undefined;
  if (typeof minimum === 'number') return { minAvailable: { servers: minimum }, waitMs };
  return { minAvailable: { percent: Number(percentage.exec(minimum)?.[1]) }, waitMs };
}

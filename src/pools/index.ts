import { haproxy } from './haproxy.ts';
import type { PoolDriver } from './pool.ts';

const drivers: readonly PoolDriver[] = [haproxy];

/** Every pool driver by its name in YAML (`driver: haproxy`). A new driver's file is added here by hand. */
export const poolDrivers: ReadonlyMap<string, PoolDriver> = new Map(drivers.map((driver) => [driver.name, driver]));

import { consul } from './consul.ts';
import { exec } from './exec.ts';
import { haproxy } from './haproxy.ts';
import { http } from './http.ts';
import type { PoolDriver } from './pool.ts';
import { signal } from './signal.ts';

const drivers: readonly PoolDriver[] = [haproxy, consul, http, exec, signal];

/** Every pool driver by its name in YAML (`driver: haproxy`). A new driver's file is added here by hand. */
export const poolDrivers: ReadonlyMap<string, PoolDriver> = new Map(drivers.map((driver) => [driver.name, driver]));

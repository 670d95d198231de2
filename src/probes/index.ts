import { exec } from './exec.ts';
import { http } from './http.ts';
import type { ProbeDriver } from './probe.ts';

const drivers: readonly ProbeDriver[] = [http, exec];

/** Every probe by its name in YAML (`probe: http`). A new probe's file is added here by hand. */
export const probeDrivers: ReadonlyMap<string, ProbeDriver> = new Map(drivers.map((driver) => [driver.name, driver]));

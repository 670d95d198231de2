import { exec } from './exec.ts';
import { file } from './file.ts';
import { http } from './http.ts';
import type { ProbeDriver } from './probe.ts';
import { prometheus } from './prometheus.ts';
import { reported } from './reported.ts';
import { tcp } from './tcp.ts';

const drivers: readonly ProbeDriver[] = [http, exec, tcp, prometheus, file, reported];

/** Every probe by its name in YAML (`probe: http`). A new probe's file is added here by hand. */
export const probeDrivers: ReadonlyMap<string, ProbeDriver> = new Map(drivers.map((driver) => [driver.name, driver]));

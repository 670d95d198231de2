import { apacheBalancer } from './apache-balancer.ts';
import { consul } from './consul.ts';
import { exec } from './exec.ts';
import { firewall } from './firewall.ts';
import { haproxy } from './haproxy.ts';
import { healthEndpoint } from './health-endpoint.ts';
import { healthFile } from './health-file.ts';
import { http } from './http.ts';
import { nginxUpstream } from './nginx-upstream.ts';
import type { PoolDriver } from './pool.ts';
import { signal } from './signal.ts';

const drivers: readonly PoolDriver[] = [
  haproxy,
  consul,
  http,
  exec,
  signal,
  healthFile,
  nginxUpstream,
  healthEndpoint,
  apacheBalancer,
  firewall,
];

/** Every pool driver by its name in YAML (`driver: haproxy`). A new driver's file is added here by hand. */
export const poolDrivers: ReadonlyMap<string, PoolDriver> = new Map(drivers.map((driver) => [driver.name, driver]));

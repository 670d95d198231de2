import { apacheStatus } from './apache-status.ts';
import { exec } from './exec.ts';
import { file } from './file.ts';
import { http } from './http.ts';
import { nginxStatus } from './nginx-status.ts';
import { phpFpmStatus } from './php-fpm-status.ts';
import type { ProbeDriver } from './probe.ts';
import { prometheus } from './prometheus.ts';
import { reported } from './reported.ts';
import { tcp } from './tcp.ts';
import { uwsgiStats } from './uwsgi-stats.ts';

const drivers: readonly ProbeDriver[] = [
  http,
  exec,
  tcp,
  prometheus,
  file,
  reported,
  nginxStatus,
  apacheStatus,
  phpFpmStatus,
  uwsgiStats,
];

/** Every probe by its name in YAML (`probe: http`). A new probe's file is added here by hand. */
export const probeDrivers: ReadonlyMap<string, ProbeDriver> = new Map(drivers.map((driver) => [driver.name, driver]));

import { readFileSync } from 'node:fs';
import type { SidecarConfig } from '../config/config.ts';
import type { Log } from '../log.ts';

/** What the sidecar has open at rest, and what it takes to drain one process after another. */
const leastOwnFiles = 48;

/** A call that is passed on to supervisord takes a connection of its own there. */
const filesPerCall = 2;

/** Below this nobody could ask for anything any more. */
const leastConnections = 2;

/** How many connections the servers of the sidecar may take, each of them. */
export interface ConnectionShares {
  /** Of the socket, and as many of `listen`. */
  readonly calls: number;
  /** Of `http`. */
  readonly http: number;
}

/**
 * Divides the table of open files, so that a flood of clients leaves enough of it to reach pools, probes and supervisord:
 * at least half. `openFiles` is how many may be open.
 */
export function shareFileTable(openFiles: number, sidecar: Pick<SidecarConfig, 'listen' | 'http'>): ConnectionShares {
  const forClients = openFiles - Math.max(leastOwnFiles, Math.ceil(openFiles / 2));
  const servers = 1 + [sidecar.listen, sidecar.http].filter((address) => address !== undefined).length;
  const ofEach = Math.floor(forClients / servers);
  return {
    calls: Math.max(leastConnections, Math.floor(ofEach / filesPerCall)),
    http: Math.max(leastConnections, ofEach),
  };
}

/** How many files this process may have open; undefined where the kernel does not tell. */
export function openFilesLimit(limits: string = '/proc/self/limits'): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync(limits, 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** The limits of the configuration, lowered to what the table of open files allows; the log says so. */
export function withinFileTable(sidecar: SidecarConfig, openFiles: number | undefined, log: Log): SidecarConfig {
  if (openFiles === undefined) return sidecar;
  const { maxConnections } = sidecar.limits;
  const { calls } = shareFileTable(openFiles, sidecar);
  if (maxConnections > 0 && maxConnections <= calls) return sidecar;
  const reduced = { ...sidecar, limits: { ...sidecar.limits, maxConnections: calls } };
  // Where no limit was asked for, this is one in name only.
  if (maxConnections === 0) return reduced;
  log.warn(
    `only ${openFiles} files may be open here, so ${calls} connections are taken at a time; to take more raise minfds in supervisord's configuration, and LimitNOFILE= of its unit`,
    { openFiles, connections: calls },
  );
  return reduced;
}

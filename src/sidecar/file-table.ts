import { readFileSync } from 'node:fs';
import type { Config, SidecarConfig } from '../config/config.ts';
import type { Log } from '../log.ts';

/** What the sidecar has open at rest, and what it takes to drain one process after another. */
const leastOwnFiles = 48;

/** A call that is passed on to supervisord takes a connection of its own there. */
const filesPerCall = 2;

/** Below this nobody could ask for anything any more. */
const leastConnections = 2;

/** An agent check takes a millisecond, so that few are under way at a time. */
const mostAgents = 256;

/** Of what is for clients, all agent ports together take one part in so many. */
const agentParts = 8;

/** How many connections the servers of the sidecar may take, each of them. */
export interface ConnectionShares {
  /** Of the socket, and as many of `listen`. */
  readonly calls: number;
  /** Of `http`. */
  readonly http: number;
  /** Of all agent ports together. */
  readonly agents: number;
}

/**
 * Divides the table of open files, so that a flood of clients leaves enough of it to reach pools, probes and supervisord:
 * at least half. `openFiles` is how many may be open. Where a reload brings the first agent port, a sixteenth less is left
 * until the listener is restarted.
 */
export function shareFileTable(
  openFiles: number,
  sidecar: Pick<SidecarConfig, 'listen' | 'http'>,
  hasAgentPort: boolean,
): ConnectionShares {
  const forAll = openFiles - Math.max(leastOwnFiles, Math.ceil(openFiles / 2));
  const agents = Math.min(mostAgents, Math.max(leastConnections, Math.floor(forAll / agentParts)));
  const forClients = hasAgentPort ? forAll - agents : forAll;
  const servers = 1 + [sidecar.listen, sidecar.http].filter((address) => address !== undefined).length;
  const ofEach = Math.floor(forClients / servers);
  return {
    calls: Math.max(leastConnections, Math.floor(ofEach / filesPerCall)),
    http: Math.max(leastConnections, ofEach),
    agents,
  };
}

/** True where a pool of the configuration has its members asked about at a port of the sidecar. */
export function hasAgentPort({ pools }: Pick<Config, 'pools'>): boolean {
  return [...pools.values()].some(({ options }) => options['agent'] !== undefined);
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
export function withinFileTable(
  config: Pick<Config, 'sidecar' | 'pools'>,
  openFiles: number | undefined,
  log: Log,
): SidecarConfig {
  const { sidecar } = config;
  if (openFiles === undefined) return sidecar;
  const { maxConnections } = sidecar.limits;
  const { calls } = shareFileTable(openFiles, sidecar, hasAgentPort(config));
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

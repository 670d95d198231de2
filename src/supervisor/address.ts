import type { RpcEndpoint } from '../rpc/rpc.ts';

/**
 * Where supervisord's socket is without any configuration, by whose packaging: Debian, Fedora and EPEL, others'
 * supervisord.conf, and last the sample configuration, whose folder anybody may write to.
 */
export const usualSockets = [
  '/run/supervisor.sock',
  '/var/run/supervisor.sock',
  '/run/supervisor/supervisor.sock',
  '/var/run/supervisor/supervisor.sock',
  '/run/supervisord.sock',
  '/var/run/supervisord.sock',
  '/tmp/supervisor.sock',
] as const;

/** Where supervisorctl looks when nothing is configured. http://supervisord.org/configuration.html#supervisorctl-section-settings */
export const supervisorctlDefault = 'http://localhost:9001';

/** What the configuration says of supervisord's address; every part may be left out. */
export interface ConfiguredAddress {
  readonly url: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** What an address was taken from: supervisor.url, $SUPERVISOR_SERVER_URL, one of {@link usualSockets}, or none of these. */
export type AddressSource = 'configuration' | 'environment' | 'usual socket' | 'default';

/** supervisord's address, and where it came from, for messages. */
export interface SupervisorAddress {
  readonly endpoint: RpcEndpoint;
  readonly source: AddressSource;
}

/**
 * Finds supervisord's address. `exists` tells whether there is a file at a path. User name and password are the
 * configured ones wherever the url comes from: supervisord gives its children none.
 */
export function findSupervisor(
  configured: ConfiguredAddress,
  env: Readonly<Record<string, string | undefined>>,
  exists: (path: string) => boolean,
): SupervisorAddress {
  const { url, source } = findUrl(configured.url, env['SUPERVISOR_SERVER_URL'], exists);
  const { username, password } = configured;
  return {
    endpoint: {
      url,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    },
    source,
  };
}

function findUrl(
  configured: string | undefined,
  environment: string | undefined,
  exists: (path: string) => boolean,
): { url: string; source: AddressSource } {
  if (configured !== undefined) return { url: configured, source: 'configuration' };
  if (environment !== undefined && environment !== '') return { url: environment, source: 'environment' };
  const socket = usualSockets.find(exists);
  if (socket !== undefined) return { url: `unix://${socket}`, source: 'usual socket' };
  return { url: supervisorctlDefault, source: 'default' };
}

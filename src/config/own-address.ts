import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isLoopback, parseHostPort } from './addresses.ts';
import type { SidecarConfig } from './config.ts';
import { defaultSocket } from './defaults.ts';
import { valueAt } from './issues.ts';
import type { Finding } from './problems.ts';

/** Where a sidecar listens. */
type SidecarAddress = Pick<SidecarConfig, 'socket' | 'listen'>;

const everyAddress = ['0.0.0.0', '::'];

/** True where `url`, taken for supervisord's, leads to the sidecar itself: each call would come back to it. */
export function isSidecarUrl(url: string, { socket, listen }: SidecarAddress): boolean {
  if (url.startsWith('unix://')) return realPath(url.slice('unix://'.length)) === realPath(socket);
  if (listen === undefined || !URL.canParse(url)) return false;
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (Number(port === '' ? 80 : port) !== listen.port) return false;
  return host === listen.host || (isThisMachine(host) && isThisMachine(listen.host));
}

/** Finds a `supervisor.url` that is the sidecar's own address. */
export function checkOwnAddress(root: unknown): Finding[] {
  const url = valueAt(root, ['supervisor', 'url']);
  const socket = valueAt(root, ['sidecar', 'socket']) ?? defaultSocket;
  const listen = valueAt(root, ['sidecar', 'listen']);
  if (typeof url !== 'string' || typeof socket !== 'string') return [];
  const address = { socket, listen: typeof listen === 'string' ? parseHostPort(listen) : undefined };
  if (!isSidecarUrl(url, address)) return [];
  const message = "is the sidecar's own address; give that of supervisord's [unix_http_server] or [inet_http_server]";
  return [{ path: ['supervisor', 'url'], message }];
}

function isThisMachine(host: string): boolean {
  return isLoopback(host) || everyAddress.includes(host);
}

/** The path without symbolic links; the socket itself may not be there yet. */
function realPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

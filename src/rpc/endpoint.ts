import { DrainctlError } from '../errors.ts';
import type { RpcEndpoint } from './rpc.ts';

/** An {@link RpcEndpoint} as node:http takes it. */
export interface RpcTarget {
  /** The address without a password, for messages. */
  readonly shown: string;
  readonly connection: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** The path of the request. */
  readonly path: string;
  /** The Authorization header, if any. https://www.rfc-editor.org/rfc/rfc7617 */
  readonly authorization: string | undefined;
}

/** Takes an endpoint apart; `RPC_UNREACHABLE` where its url is neither `unix://` nor `http://`. */
export function parseEndpoint(endpoint: RpcEndpoint): RpcTarget {
  const { url } = endpoint;
  if (url.startsWith('unix://')) {
    const socketPath = url.slice('unix://'.length);
    if (!socketPath.startsWith('/')) throw unusable(url, 'the path of its socket is not absolute');
    return { shown: url, connection: { socketPath }, path: '/RPC2', authorization: basic(endpoint) };
  }
  return parseHttp(endpoint);
}

function parseHttp(endpoint: RpcEndpoint): RpcTarget {
  if (!URL.canParse(endpoint.url)) throw unusable(endpoint.url, 'it is no url');
  const url = new URL(endpoint.url);
  const username = endpoint.username ?? decodeURIComponent(url.username);
  const password = endpoint.password ?? decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  if (url.protocol !== 'http:') throw unusable(url.href, 'it is neither unix:// nor http://');
  return {
    shown: url.href.replace(/\/$/, ''),
    connection: { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 80 : Number(url.port) },
    path: url.pathname === '/' ? '/RPC2' : url.pathname,
    authorization: basic({ username, password }),
  };
}

function basic({ username = '', password = '' }: { username?: string; password?: string }): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function unusable(given: string, why: string): DrainctlError {
  const url = given.replace(/\/\/[^/]*@/, '//');
  return new DrainctlError('RPC_UNREACHABLE', `"${url}" is no address of an XML-RPC server: ${why}`, {
    hint: 'Write it as unix:///path/to.sock or http://host:port.',
    details: { url },
  });
}

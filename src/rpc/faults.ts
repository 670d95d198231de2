import { RpcFault } from './rpc.ts';

/**
 * The fault numbers that a server answers with by itself, the same as supervisord's.
 * http://supervisord.org/api.html
 */
export const rpcFaults = {
  UNKNOWN_METHOD: 1,
  INCORRECT_PARAMETERS: 2,
  SIGNATURE_UNSUPPORTED: 4,
} as const;

/** A fault in supervisord's wording: its name, and what it is about. */
export function namedFault(name: keyof typeof rpcFaults, about?: string): RpcFault {
  return new RpcFault(rpcFaults[name], about === undefined ? name : `${name}: ${about}`);
}

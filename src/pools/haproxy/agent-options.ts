import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';
import { plainAddress } from '../checkers.ts';
import { parseSocketAddress, type SocketAddress } from './address.ts';

/** A change waits for three times as long, and the engine waits no longer than 30 s for a pool. */
export const longestInterMs = 8_000;

/** Where the sidecar listens: `ADDRESS:PORT` in. */
export const agentAddressSchema = z.string().transform((text, context): Extract<SocketAddress, { kind: 'tcp' }> => {
  const address = parseSocketAddress(`tcp://${text}`);
  if (address?.kind === 'tcp') return address;
  context.addIssue(`"${text}" is not ADDRESS:PORT; write 0.0.0.0:9012, or [::]:9012 for IPv6`);
  return z.NEVER;
});

/** One of those who ask: an IP address as the network tells it, or a name. */
export const checkerSchema = z
  .string()
  .regex(/^[\w.:-]+$/, 'write an IP address, or the name that a HAProxy sends')
  .transform((text) => {
    const address = plainAddress(text.toLowerCase());
    if (isIPv6(address)) return new URL(`http://[${address}]`).hostname.replace(/[[\]]/g, '');
    return isIPv4(address) ? address : text;
  });

/** The keys of the pool that depend on each other. */
export interface AgentKeys {
  readonly addresses?: unknown;
  readonly agent?: unknown;
  readonly agent_inter?: unknown;
  readonly checkers?: unknown;
  readonly depool: string;
  readonly maint_after?: unknown;
}

/** What does not go together, with the key that is to be changed. */
export function agentKeyProblems(keys: AgentKeys): readonly { readonly key: string; readonly message: string }[] {
  const hasAgent = keys.agent !== undefined;
  if (hasAgent && keys.addresses !== undefined) {
    const message = 'goes in place of `addresses`: keep one of the two; where both serve, make two pools';
    return [{ key: 'agent', message }];
  }
  if (!hasAgent && keys.addresses === undefined) {
    const message = "is missing: name the stats sockets, or `agent` where they can't be reached";
    return [{ key: 'addresses', message }];
  }
  if (hasAgent) {
    const message = 'is for `addresses`; for clients that come back with a persistence cookie set `depool: maint`';
    return keys.maint_after === undefined ? [] : [{ key: 'maint_after', message }];
  }
  const strays = (['agent_inter', 'checkers'] as const).filter((key) => keys[key] !== undefined);
  const isWeight = keys.depool === 'weight';
  return [
    ...strays.map((key) => ({ key, message: 'is for `agent`; leave this key out' })),
    ...(isWeight ? [{ key: 'depool', message: '`weight` is for `agent`; write drain or maint' }] : []),
  ];
}

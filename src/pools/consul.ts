/**
 * Consul, through an agent's HTTP API: a service, or the whole node, is put into maintenance, which is a check that is
 * critical until it is ended. It has no expiry, and outlives a restart of the agent.
 *
 * A maintenance has a reason; that of ours begins with `drainctl: `, so that it can be told from an operator's, which
 * is neither changed nor ended. One poll is two requests at a time, however many members; a change is one request for
 * each member, because the API has no other.
 *
 * Reference: https://developer.hashicorp.com/consul/api-docs/agent/service#enable-maintenance-mode
 */
import pLimit from 'p-limit';
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { DrainctlError, isDrainctlError } from '../errors.ts';
import { secretFileSchema } from '../secret.ts';
import { tlsSchema } from '../tls-files.ts';
import { type AgentAddress, agentAddressSchema } from './consul/address.ts';
import { type AgentSettings, noSuchService, openAgent } from './consul/agent.ts';
import {
  type AgentState,
  beforeOf,
  isKnown,
  isLeftAsItIs,
  isOurs,
  maintenanceOf,
  markedReason,
  standingOf,
  wasInMaintenance,
} from './consul/agent-state.ts';
import { definePool, type Pool } from './pool.ts';

const options = z.object({
  addresses: z
    .array(agentAddressSchema)
    .min(1, 'name at least one address')
    .refine((all) => new Set(all.map(({ label }) => label)).size === all.length, 'an address is named twice')
    .prefault(['http://127.0.0.1:8500'])
    .describe('The agents at which the services are registered: `http://`, `https://` or `unix://`.'),
  token_file: secretFileSchema
    .optional()
    .describe(
      'Holds the ACL token, read at each request. Without it the variable `CONSUL_HTTP_TOKEN`, where it is set.',
    ),
  datacenter: z
    .string()
    .min(1)
    .optional()
    .describe('The datacenter that each agent must be in; one in another is changed in nothing. Needs `agent:read`.'),
  namespace: z.string().min(1).optional().describe('The namespace of the services (Consul Enterprise).'),
  partition: z.string().min(1).optional().describe('The admin partition of the services (Consul Enterprise).'),
  reason: z
    .string()
    .min(1)
    .default('drained')
    .describe('The reason that Consul shows, after `drainctl: ` and before what for.'),
  tls: tlsSchema.optional().describe('For `https://`.'),
  settle: durationSchema
    .prefault('5s')
    .describe('How long clients may still use what they were told before: watches, templates, the TTL of DNS.'),
  timeout: durationSchema.prefault('2s').describe('The longest that one request may take.'),
});

const member = z.object({
  service: z
    .string()
    .min(1)
    .optional()
    .describe('The service, by its id at the agent. Without it the member is the node.'),
});

type Options = z.output<typeof options>;
type Member = z.output<typeof member>;

/** See the head of this file. */
export const consul = definePool({
  name: 'consul',
  summary: 'Consul: a service, or the node, goes into maintenance at its agent.',
  reference: 'https://developer.hashicorp.com/consul/api-docs/agent/service#enable-maintenance-mode',
  options,
  member,
  example: `pools:
  registry:
    driver: consul
    addresses: [http://127.0.0.1:8500]
    token_file: /etc/drainctl/consul.token
programs:
  web:
    members:
      - { pool: registry, service: "%(process_name)s" }
`,
  label: ({ service }) => service ?? 'node',
  open: (settings) => settings.addresses.map((address) => openAddress(address, settings)),
});

/** So many changes at a time: an agent takes 200 connections of one client. */
const changeLimit = 16;

function openAddress(address: AgentAddress, settings: Options): Pool<Member> {
  const what = `Consul at ${address.label}`;
  const agent = openAgent(address, agentSettings(settings));

  async function rightDatacenter(signal: AbortSignal): Promise<void> {
    if (settings.datacenter === undefined) return;
    const found = await agent.datacenter(signal);
    if (found !== settings.datacenter) throw wrongDatacenter(what, settings.datacenter, found);
  }

  /** Changes what `change` wants changed; all that can be is, then the others are told. */
  async function each<Item extends { readonly member: Member }>(
    items: readonly Item[],
    signal: AbortSignal,
    change: (item: Item, state: AgentState) => Promise<void> | undefined,
  ): Promise<void> {
    await rightDatacenter(signal);
    const state = await agent.state(signal);
    const limit = pLimit(changeLimit);
    const known = items.filter((item) => isKnown(state, item.member));
    const outcomes = await Promise.allSettled(known.map((item) => limit(async () => change(item, state))));
    signal.throwIfAborted();
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    const unknown = items.flatMap((item) => (isKnown(state, item.member) ? [] : [item.member.service ?? '']));
    if (unknown.length > 0) throw noSuchService(what, unknown);
  }

  return {
    address: address.label,
    settleMs: settings.settle,
    counts: false,

    async state(members, signal) {
      signal.throwIfAborted();
      if (members.length === 0) return [];
      const state = await agent.state(signal);
      return members.map((of) => ({
        ...standingOf(state, of),
        before: beforeOf(state, of),
        inFlight: undefined,
      }));
    },

    async depool(members, signal) {
      signal.throwIfAborted();
      await each(members, signal, ({ member: of, reason = 'drain' }, state) =>
        isLeftAsItIs(state, of)
          ? undefined
          : agent.setMaintenance(of, markedReason(`${settings.reason} (${reason})`), signal),
      );
    },

    async repool(members, signal) {
      signal.throwIfAborted();
      await each(members, signal, ({ member: of, before }, state) => {
        const now = maintenanceOf(state, of);
        const end = now !== undefined && isOurs(now) && !wasInMaintenance(before);
        return end ? agent.setMaintenance(of, undefined, signal) : undefined;
      });
    },

    async check(_, signal) {
      try {
        await rightDatacenter(signal);
        return [];
      } catch (error) {
        if (!isDrainctlError(error, 'POOL_REFUSED')) throw error;
        return [{ message: error.message, remedy: error.hint }];
      }
    },
  };
}

function agentSettings({
  token_file: tokenFile,
  namespace,
  partition,
  tls,
  timeout: timeoutMs,
}: Options): AgentSettings {
  return { tokenFile, namespace, partition, tls, timeoutMs };
}

function wrongDatacenter(what: string, wanted: string, found: string | undefined): DrainctlError {
  const message = `${what} is in datacenter ${found ?? 'unknown'}, not in ${wanted}. Nothing was changed.`;
  return new DrainctlError('POOL_REFUSED', message, {
    hint: 'Correct "addresses" or "datacenter" of the pool.',
    details: { datacenter: found ?? '' },
  });
}

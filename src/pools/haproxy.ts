/**
 * HAProxy, in one of two ways. Checked against HAProxy 2.6.
 *
 * `addresses`: through its runtime API, `stats socket … level admin`, a Unix socket or TCP. Members are taken out with
 * `set server … state drain` and counted as current plus queued sessions. One poll of an address is one round trip, however many
 * members; with `master` one more to the master CLI, and a third while workers from before a reload still have streams.
 *
 * `agent`: for load balancers whose socket can't be reached. They ask the sidecar, by agent-check, and take out what they are told to.
 *
 * Reference: HAProxy Management Guide, chapter 9, https://docs.haproxy.org/2.6/management.html, and for agent-check the
 * Configuration Manual, chapter 5.2, https://docs.haproxy.org/2.6/configuration.html#5.2-agent-check
 */
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { socketAddressSchema } from './haproxy/address.ts';
import { adminPool } from './haproxy/admin-pool.ts';
import { agentPool } from './haproxy/agent.ts';
import { agentAddressSchema, agentKeyProblems, checkerSchema, longestInterMs } from './haproxy/agent-options.ts';
import { definePool } from './pool.ts';

const addressSchema = z.union([
  socketAddressSchema.transform((address) => ({ address, master: undefined })),
  z.strictObject({
    address: socketAddressSchema.describe('The stats socket.'),
    master: socketAddressSchema
      .optional()
      .describe("The master socket (`haproxy -S`) of the same HAProxy; old workers' streams are counted through it."),
  }),
]);

/** The journal tells addresses apart by their labels. */
function areAllDifferent(addresses: readonly z.output<typeof addressSchema>[]): boolean {
  return new Set(addresses.map(({ address }) => address.label)).size === addresses.length;
}

const options = z
  .object({
    addresses: z
      .array(addressSchema)
      .min(1, 'name at least one address')
      .refine(areAllDifferent, 'an address is named twice')
      .optional()
      .describe(
        'The stats sockets of all HAProxys: `/run/haproxy/admin.sock`, `tcp://10.0.0.7:9999`, or a map. This or `agent`.',
      ),
    agent: agentAddressSchema
      .optional()
      .describe(
        'In place of `addresses`: `ADDRESS:PORT` at which the sidecar answers the agent checks of all HAProxys, such as `0.0.0.0:9012`.',
      ),
    agent_inter: durationSchema
      .refine((ms) => ms >= 50 && ms <= longestInterMs, 'from 50ms to 8s')
      .optional()
      .describe(
        'With `agent`: the longest `agent-inter` of the HAProxys. One that has not asked for three times as long has gone. Default: 2s',
      ),
    checkers: z
      .array(checkerSchema)
      .min(1, 'name at least one')
      .optional()
      .describe(
        'With `agent`: the HAProxys that must all be told, by IP address or by the name in their `agent-send`; nobody else counts. Default: whoever asks',
      ),
    depool: z
      .enum(['drain', 'maint', 'weight'])
      .default('drain')
      .describe(
        '`drain` lets clients with a persistence cookie in and goes on with health checks; `maint` does neither, and cuts ' +
          'sessions where haproxy.cfg says `on-marked-down shutdown-sessions`. `weight`, only with `agent`, sets the weight to 0 and so ' +
          "leaves an operator's DRAIN or MAINT as it is.",
      ),
    maint_after: durationSchema
      .optional()
      .describe(
        'With `addresses`: after this long in drain, `maint`, for clients that come back with a persistence cookie.',
      ),
    timeout: durationSchema.prefault('2s').describe('With `addresses`: the longest that one round trip may take.'),
  })
  .superRefine((keys, context) => {
    for (const { key, message } of agentKeyProblems(keys)) {
      context.addIssue({ code: 'custom', path: [key], message });
    }
  });

const member = z.object({
  server: z
    .string()
    .regex(/^[\w.:-]+\/[\w.:-]+$/, 'write BACKEND/SERVER, as haproxy.cfg names them')
    .describe('The server, as `BACKEND/SERVER`; with `agent`, as `agent-send` says.'),
});

/** See the head of this file. */
export const haproxy = definePool({
  name: 'haproxy',
  summary: "HAProxy, through its runtime API, which counts each server's sessions, or by answering its agent checks.",
  reference: 'https://docs.haproxy.org/2.6/management.html#9.3',
  options,
  member,
  example: `pools:
  lb:
    driver: haproxy
    addresses:
      - { address: /run/haproxy/admin.sock, master: /run/haproxy-master.sock }
      - tcp://10.0.0.7:9999
    maint_after: 20s
  edge:                   # its admin sockets can't be reached from here
    driver: haproxy
    agent: 0.0.0.0:9012   # server … agent-check agent-addr HERE agent-port 9012 agent-inter 1s agent-send "app/web_00\\n"
    agent_inter: 1s
programs:
  web:
    members:
      - { pool: lb, server: "app/%(process_name)s" }
      - { pool: edge, server: "app/%(process_name)s" }
    in_flight:
      - { probe: tcp }
`,
  countsCapacity: true,
  countsOnlyWith: 'addresses',
  label: ({ server }) => server,
  open({ addresses = [], agent, agent_inter: interMs, checkers: expected, ...rest }, services) {
    if (agent !== undefined) {
      return [agentPool({ agent, depool: rest.depool, interMs: interMs ?? defaultInterMs, expected }, services)];
    }
    // `weight` is for `agent`; the schema sees to that.
    const depool = rest.depool === 'weight' ? 'drain' : rest.depool;
    const policy = { depool, maintAfterMs: rest.maint_after };
    return addresses.map(({ address, master }) => adminPool(address, master, policy, rest.timeout));
  },
});

/** HAProxy's own default of `agent-inter`. */
const defaultInterMs = 2_000;

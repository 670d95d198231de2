/**
 * HAProxy through its runtime API: `stats socket … level admin`, a Unix socket or TCP. Checked against HAProxy 2.6.
 *
 * Members are taken out with `set server … state drain` and counted as current plus queued sessions. One poll of an
 * address is one round trip, however many members; with `master` one more to the master CLI, and a third while
 * workers from before a reload still have streams.
 *
 * Reference: HAProxy Management Guide, chapter 9, https://docs.haproxy.org/2.6/management.html
 */
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { accessProblem } from './haproxy/access.ts';
import { type SocketAddress, socketAddressSchema } from './haproxy/address.ts';
import { countCapacity, othersOut } from './haproxy/capacity.ts';
import {
  type AdminTarget,
  beforeOf,
  type DepoolPolicy,
  depoolTarget,
  describeServerState,
  isOtherHand,
  placementOf,
  readBefore,
  repoolTarget,
} from './haproxy/decisions.ts';
import type { EarlierWork } from './haproxy/earlier-workers.ts';
import { noSuchServer, refusal, unreadableBefore } from './haproxy/errors.ts';
import { askMaster } from './haproxy/master.ts';
import { watchReloads } from './haproxy/reload-watch.ts';
import { type Outcome, runtime } from './haproxy/runtime.ts';
import type { ServerState } from './haproxy/server-state.ts';
import { commandSocket } from './haproxy/socket.ts';
import type { ServerStats } from './haproxy/stats.ts';
import { definePool, type MemberState, type Pool } from './pool.ts';

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

const options = z.object({
  addresses: z
    .array(addressSchema)
    .min(1, 'name at least one address')
    .refine(areAllDifferent, 'an address is named twice')
    .describe('The stats sockets of all HAProxys: `/run/haproxy/admin.sock`, `tcp://10.0.0.7:9999`, or a map.'),
  depool: z
    .enum(['drain', 'maint'])
    .default('drain')
    .describe(
      '`drain` lets clients with a persistence cookie in and goes on with health checks; `maint` does neither, and cuts ' +
        'sessions where haproxy.cfg says `on-marked-down shutdown-sessions`.',
    ),
  maint_after: durationSchema
    .optional()
    .describe('After this long in drain, `maint`: for clients that come back with a persistence cookie.'),
  timeout: durationSchema.prefault('2s').describe('The longest that one round trip may take.'),
});

const member = z.object({
  server: z
    .string()
    .regex(/^[\w.:-]+\/[\w.:-]+$/, 'write BACKEND/SERVER, as haproxy.cfg names them')
    .describe('The server, as `BACKEND/SERVER`.'),
});

type Member = z.output<typeof member>;

/** See the head of this file. */
export const haproxy = definePool({
  name: 'haproxy',
  summary: "HAProxy, through its runtime API (`stats socket`); it counts each server's sessions itself.",
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
programs:
  web:
    members:
      - { pool: lb, server: "app/%(process_name)s" }
`,
  countsCapacity: true,
  label: ({ server }) => server,
  open: ({ addresses, depool, maint_after: maintAfterMs, timeout: timeoutMs }) =>
    addresses.map(({ address, master }) => openAddress(address, master, { depool, maintAfterMs }, timeoutMs)),
});

/** One HAProxy; what it is told and asked is in `haproxy/runtime.ts`, what that means in `haproxy/decisions.ts`. */
function openAddress(
  address: SocketAddress,
  master: SocketAddress | undefined,
  policy: DepoolPolicy,
  timeoutMs: number,
): Pool<Member> {
  const socket = commandSocket(address, timeoutMs);
  const api = runtime(address, socket);
  const outBefore = new Map<string, ReadonlySet<string>>();
  const earlierWorkers =
    master === undefined ? watchReloads(address) : askMaster(master, commandSocket(master, timeoutMs));

  /** Sets each server to what `decide` makes of its present state. All that can be set are, then the others are told. */
  async function change(changes: readonly Change[], signal: AbortSignal): Promise<Outcome> {
    const states = await api.states(
      changes.map(({ server }) => server),
      signal,
    );
    const targets = new Map<string, AdminTarget>();
    for (const { server, decide } of changes) {
      const state = states.get(server);
      const target = state === undefined ? undefined : decide(state);
      if (target !== undefined) targets.set(server, target);
    }
    const unknown = changes.filter(({ server }) => !states.has(server)).map(({ server }) => noSuchServer(server));
    const outcome = targets.size === 0 ? nothingSet : await api.set(targets, signal);
    const error = refusal(address, [...outcome.failures, ...unknown], outcome.applied);
    if (error !== undefined) throw error;
    return outcome;
  }

  return {
    address: address.label,
    settleMs: 0,
    tightensAfterMs: policy.depool === 'drain' ? policy.maintAfterMs : undefined,
    counts: true,

    async state(members, signal) {
      if (members.length === 0) return [];
      const servers = members.map(({ server }) => server);
      const { states, stats, worker } = await api.poll(servers, signal);
      const earlier = worker === undefined ? noWorkerInfo : await earlierWorkers.work(worker, signal);
      return servers.map((server) => memberState(server, states.get(server), stats.get(server), earlier, policy));
    },

    async depool(members, signal) {
      const changes = members.map(({ member, outForMs }) => ({
        server: member.server,
        decide: (state: ServerState) => depoolTarget(state, policy, outForMs),
      }));
      // Where nothing is set, or the answer is lost, it is not known.
      for (const { server } of changes) outBefore.delete(server);
      const { applied, states } = await change(changes, signal);
      for (const server of applied) outBefore.set(server, othersOut(server, states));
    },

    async repool(members, signal) {
      const changes = members.map(({ member, before }) => {
        const read = readBefore(before);
        if (read === undefined) throw unreadableBefore(address, member.server);
        return { server: member.server, decide: (state: ServerState) => repoolTarget(state, read, policy) };
      });
      await change(changes, signal);
    },

    isOtherHand,

    check: (_, signal) => accessProblem(socket, signal),
    capacity: countCapacity(api, outBefore),
  };
}

/** A server, and what to set it to; undefined leaves it as it is. */
interface Change {
  readonly server: string;
  readonly decide: (state: ServerState) => AdminTarget | undefined;
}

const nothingSet: Outcome = { applied: [], failures: [], states: new Map() };

const noWorkerInfo: EarlierWork = {
  known: false,
  why: 'HAProxy\'s "show info" names no process id, so that a reload would not be seen',
};

function memberState(
  server: string,
  state: ServerState | undefined,
  stats: ServerStats | undefined,
  earlier: EarlierWork,
  policy: DepoolPolicy,
): MemberState {
  const before = beforeOf(state, policy);
  if (state === undefined) {
    const inFlightUnknown = 'HAProxy does not know this server';
    return { placement: 'missing', text: 'no such server', before, inFlight: undefined, inFlightUnknown };
  }
  const known = {
    placement: placementOf(state, stats?.status),
    text: stats?.status ?? describeServerState(state),
    before,
  };
  if (!earlier.known) return { ...known, inFlight: undefined, inFlightUnknown: earlier.why };
  if (stats?.inFlight === undefined) {
    return { ...known, inFlight: undefined, inFlightUnknown: "HAProxy's statistics of this server can't be read" };
  }
  return { ...known, inFlight: stats.inFlight + (earlier.inFlight.get(server) ?? 0) };
}

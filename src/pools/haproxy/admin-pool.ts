import type { MemberState, Pool } from '../pool.ts';
import { accessProblem } from './access.ts';
import type { SocketAddress } from './address.ts';
import { countCapacity, othersOut } from './capacity.ts';
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
} from './decisions.ts';
import type { EarlierWork } from './earlier-workers.ts';
import { noSuchServer, refusal, unreadableBefore } from './errors.ts';
import { askMaster } from './master.ts';
import { watchReloads } from './reload-watch.ts';
import { type Outcome, runtime } from './runtime.ts';
import type { ServerState } from './server-state.ts';
import { commandSocket } from './socket.ts';
import type { ServerStats } from './stats.ts';

interface Member {
  readonly server: string;
}

/** One HAProxy by its stats socket; what it is told and asked is in `runtime.ts`, what that means in `decisions.ts`. */
export function adminPool(
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

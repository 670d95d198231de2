import type { PoolCapacity, Server } from '../pool.ts';
import { describeServerState, placementOf } from './decisions.ts';
import type { Runtime } from './runtime.ts';
import type { ServerState } from './server-state.ts';
import type { ServerStats } from './stats.ts';

/**
 * True for a server that can be relied on to take work. Management guide, 9.1, column `status`, and what HAProxy 2.6 prints there.
 *
 * - `UP` is; `no check` too: HAProxy sends it work, and nobody could say more of it.
 * - `UP 1/3` is not: its latest check failed, or, right after HAProxy's start, there was none yet. It still gets work, but
 *   may be DOWN in a moment.
 * - `DOWN 1/2` is not: its checks pass again, but it gets no work yet.
 * - `DOWN`, `NOLB`, `DRAIN`, `MAINT` (of all kinds), weight 0, and whatever word is new: not.
 */
export function isAvailable(state: ServerState, stats: ServerStats | undefined): boolean {
  if (stats === undefined || placementOf(state, stats.status) !== 'in') return false;
  return stats.status === 'UP' || stats.status === 'no check';
}

type Member = { readonly server: string };

/**
 * What a backend's servers are to each other; see {@link PoolCapacity}. Backup servers are left out. `outBefore`: by
 * `backend/server` what {@link othersOut} said when it was taken out.
 */
export function countCapacity(api: Runtime, outBefore: ReadonlyMap<string, ReadonlySet<string>>): PoolCapacity<Member> {
  const groupOf = ({ server }: Member) => server.slice(0, server.indexOf('/'));
  return {
    groupOf,
    nameOf: ({ server }) => server.slice(server.indexOf('/') + 1),
    async servers(members, signal) {
      const { states, stats } = await api.poll(
        members.map(({ server }) => server),
        signal,
      );
      return members.map((member) => serversOf(groupOf(member), states, stats));
    },
    outBefore: ({ server }) => outBefore.get(server),
  };
}

/** The names of the other servers of its backend that are out. */
export function othersOut(server: string, states: ReadonlyMap<string, ServerState>): ReadonlySet<string> {
  const prefix = server.slice(0, server.indexOf('/') + 1);
  const out = [...states].filter(([key, state]) => key.startsWith(prefix) && placementOf(state, undefined) === 'out');
  return new Set(out.map(([key]) => key.slice(prefix.length)).filter((name) => prefix + name !== server));
}

/** The servers of one backend. One without statistics is there all the same, and not available. */
export function serversOf(
  backend: string,
  states: ReadonlyMap<string, ServerState>,
  stats: ReadonlyMap<string, ServerStats>,
): Server[] {
  const prefix = `${backend}/`;
  return [...states].flatMap(([key, state]) => {
    const own = stats.get(key);
    if (!key.startsWith(prefix) || own?.isBackup === true) return [];
    const placement = placementOf(state, own?.status);
    const text = own?.status ?? describeServerState(state);
    return [{ name: key.slice(prefix.length), available: isAvailable(state, own), placement, text }];
  });
}

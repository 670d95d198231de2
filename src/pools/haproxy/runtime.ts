import type { SocketAddress } from './address.ts';
import { type AdminTarget, hasReached } from './decisions.ts';
import { parseWorkerInfo, type WorkerInfo } from './earlier-workers.ts';
import { commandRefused, type Failure, saysMissing } from './errors.ts';
import { parseServerStates, type ServerState } from './server-state.ts';
import type { CommandSocket } from './socket.ts';
import { parseStats, type ServerStats } from './stats.ts';

/** Servers by `backend/server`; those that HAProxy does not know are absent. */
export type States = ReadonlyMap<string, ServerState>;

/** What one poll tells. */
export interface Poll {
  readonly states: States;
  /** A server may be absent although it has a state: then its statistics could not be read. */
  readonly stats: ReadonlyMap<string, ServerStats>;
  readonly worker: WorkerInfo | undefined;
}

/** What became of a {@link Runtime.set}. */
export interface Outcome {
  readonly applied: readonly string[];
  readonly failures: readonly Failure[];
  /** All servers of their backends, read on the same line, so right after they were set. */
  readonly states: States;
}

/** The runtime API of one HAProxy in terms of servers, which are named `backend/server`. Each call is one round trip. */
export interface Runtime {
  states(servers: readonly string[], signal: AbortSignal): Promise<States>;
  poll(servers: readonly string[], signal: AbortSignal): Promise<Poll>;
  /** Sets servers' admin states and reads them back at once: HAProxy has confirmed what is in `applied`. */
  set(targets: ReadonlyMap<string, AdminTarget>, signal: AbortSignal): Promise<Outcome>;
}

const allStats = 'show stat -1 4 -1';

/** Opens no connection yet. */
export function runtime(address: SocketAddress, socket: CommandSocket): Runtime {
  /** `show stat NAME` gives a frontend's servers, so none, where one has the backend's name; seen once, asked for all from then on. */
  let namesClash = false;

  return {
    async states(servers, signal) {
      const commands = backendsOf(servers).map(showState);
      return readStates(address, commands, await socket.ask(commands, signal));
    },

    async poll(servers, signal) {
      const backends = backendsOf(servers);
      const stateCommands = backends.map(showState);
      const statCommands = namesClash ? [allStats] : backends.map((backend) => `show stat ${backend} 4 -1`);
      const answers = await socket.ask([...stateCommands, ...statCommands, 'show info'], signal);
      const states = readStates(address, stateCommands, answers.slice(0, stateCommands.length));
      let stats = readStats(answers.slice(stateCommands.length, -1));
      if (!namesClash && servers.some((server) => states.has(server) && !stats.has(server))) {
        stats = readStats(await socket.ask([allStats], signal));
        namesClash = servers.every((server) => !states.has(server) || stats.has(server));
      }
      return { states, stats, worker: parseWorkerInfo(answers.at(-1) ?? '') };
    },

    async set(targets, signal) {
      const commands = [...targets].map(([server, target]) => `set server ${server} state ${target}`);
      const stateCommands = backendsOf([...targets.keys()]).map(showState);
      const answers = await socket.ask([...commands, ...stateCommands], signal);
      const states = readStates(address, stateCommands, answers.slice(commands.length));
      const applied: string[] = [];
      const failures: Failure[] = [];
      for (const [index, [server, target]] of [...targets].entries()) {
        const text = answers[index] || whyNotReached(states.get(server), target);
        if (text === '') applied.push(server);
        else failures.push({ member: server, command: commands[index] ?? '', text });
      }
      return { applied, failures, states };
    },
  };
}

function whyNotReached(state: ServerState | undefined, target: AdminTarget): string {
  if (state === undefined) return 'No such server.';
  return hasReached(state, target) ? '' : `it said nothing, but the server is not in state "${target}"`;
}

function backendsOf(servers: readonly string[]): string[] {
  return [...new Set(servers.map((server) => server.slice(0, server.indexOf('/'))))];
}

function showState(backend: string): string {
  return `show servers state ${backend}`;
}

function readStates(address: SocketAddress, commands: readonly string[], answers: readonly string[]): States {
  const all = answers.flatMap((answer, index) => {
    if (saysMissing(answer)) return [];
    const states = parseServerStates(answer);
    if (states === undefined) throw commandRefused(address, commands[index] ?? '', answer);
    return [...states];
  });
  return new Map(all);
}

function readStats(answers: readonly string[]): ReadonlyMap<string, ServerStats> {
  return new Map(answers.flatMap((answer) => [...(parseStats(answer) ?? [])]));
}

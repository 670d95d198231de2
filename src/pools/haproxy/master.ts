import { DrainctlError } from '../../errors.ts';
import type { SocketAddress } from './address.ts';
import { type EarlierWork, type EarlierWorkers, noEarlierWork } from './earlier-workers.ts';
import { saysMissing } from './errors.ts';
import type { CommandSocket } from './socket.ts';
import { parseStats } from './stats.ts';

/**
 * Asks the master CLI for its workers, and each that is not the current one for what it has in flight. The current
 * worker has answered before: one that has been replaced since is counted twice for a moment, never left out.
 *
 * Management guide, 9.4 "Master CLI".
 */
export function askMaster(address: SocketAddress, socket: CommandSocket): EarlierWorkers {
  return {
    async work(current, signal) {
      try {
        const [processes = ''] = await socket.ask(['show proc'], signal);
        const pids = parseWorkerPids(processes)?.filter((pid) => pid !== current.pid);
        if (pids === undefined) return unknown(address, `its "show proc" is not understood: ${processes}`);
        if (pids.length === 0) return noEarlierWork;
        // All servers, because a frontend of the backend's name would take its place in `show stat NAME`.
        const answers = await socket.ask(
          pids.map((pid) => `@!${pid} show stat -1 4 -1`),
          signal,
        );
        return sumUp(address, pids, answers);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof DrainctlError) return unknown(address, error.message);
        throw error;
      }
    },
  };
}

/** The process ids of all workers, current and old, in a `show proc` text; undefined: that is not what it is. */
export function parseWorkerPids(text: string): number[] | undefined {
  if (!text.startsWith('#<PID>')) return undefined;
  const pids: number[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    const [pid = '', type] = line.trim().split(/\s+/);
    if (!/^\d{1,10}$/.test(pid)) return undefined;
    if (type === 'worker') pids.push(Number(pid));
  }
  return pids;
}

function sumUp(address: SocketAddress, pids: readonly number[], answers: readonly string[]): EarlierWork {
  const total = new Map<string, number>();
  for (const [index, answer] of answers.entries()) {
    const stats = saysMissing(answer) ? new Map() : parseStats(answer);
    if (stats === undefined) return unknown(address, `worker ${pids[index]} gave no statistics`);
    for (const [server, { inFlight }] of stats) {
      if (inFlight === undefined) return unknown(address, `worker ${pids[index]} gave no count for ${server}`);
      total.set(server, (total.get(server) ?? 0) + inFlight);
    }
  }
  return { known: true, inFlight: total };
}

function unknown(address: SocketAddress, why: string): EarlierWork {
  return { known: false, why: `HAProxy's master at ${address.label} can't tell what old workers have: ${why}` };
}

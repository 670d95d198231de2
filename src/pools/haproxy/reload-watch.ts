import { formatDuration } from '../../duration.ts';
import { monotonicMs } from '../../time.ts';
import type { SocketAddress } from './address.ts';
import { type EarlierWork, type EarlierWorkers, noEarlierWork } from './earlier-workers.ts';
import { readProcessStart } from './process-start.ts';

/** A worker that has answered on the runtime socket. */
interface SeenWorker {
  readonly pid: number;
  /** Where this machine could see it as HAProxy's process while it answered. */
  readonly startTime: string | undefined;
  /** On the monotonic clock; undefined while it is the one that answers. */
  replacedAtMs: number | undefined;
}

/** How long a worker that can't be looked at may still have streams. Longer than most tunnels, shorter than for ever. */
const longestTailMs = 3_600_000;

/**
 * Without a master CLI nobody can say how many streams an old worker has, only whether it has gone. This remembers the
 * workers that answered before: while one of them still runs, what is in flight is unknown. A worker on a Unix socket
 * whose process this machine can see has gone when that process has. Any other (TCP, another container) may have
 * streams until an hour after it was replaced. A reload from before the first poll is not seen.
 */
export function watchReloads(address: SocketAddress): EarlierWorkers {
  const seen = new Map<number, SeenWorker>();

  return {
    async work(current, signal): Promise<EarlierWork> {
      if (!seen.has(current.pid)) {
        const startTime = await visibleStart(address, current.pid);
        seen.set(current.pid, { pid: current.pid, startTime, replacedAtMs: undefined });
      }
      const replaced = [...seen.values()].filter(({ pid }) => pid !== current.pid);
      for (const worker of replaced) worker.replacedAtMs ??= monotonicMs() - current.uptimeMs;
      const running = await Promise.all(replaced.map(mayStillRun));
      signal.throwIfAborted();
      for (const [index, { pid }] of replaced.entries()) if (running[index] === false) seen.delete(pid);
      const old = replaced.find((_, index) => running[index]);
      return old === undefined ? noEarlierWork : { known: false, why: whyUnknown(old) };
    },
  };
}

async function visibleStart(address: SocketAddress, pid: number): Promise<string | undefined> {
  if (address.kind !== 'unix') return undefined;
  const process = await readProcessStart(pid);
  // In another container the same number is another program's, or nobody's.
  return process !== undefined && /^ha(proxy|pee)/.test(process.command) ? process.startTime : undefined;
}

async function mayStillRun({ pid, startTime, replacedAtMs = 0 }: SeenWorker): Promise<boolean> {
  if (startTime === undefined) return monotonicMs() - replacedAtMs < longestTailMs;
  const process = await readProcessStart(pid);
  return process !== undefined && process.startTime === startTime && process.state !== 'Z';
}

function whyUnknown({ pid, startTime }: SeenWorker): string {
  const until = startTime === undefined ? ` for up to ${formatDuration(longestTailMs)}` : '';
  return (
    `HAProxy was reloaded; its old worker ${pid} may still have streams${until}, which this socket can't see. ` +
    'Name the "master" socket (haproxy -S) of this address, and they are counted'
  );
}

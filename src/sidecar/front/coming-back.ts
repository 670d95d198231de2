import type { Snapshot } from '../../drain/snapshot.ts';
import type { ProcessInfo, ProcessName } from '../../supervisor/process.ts';

/** What it takes to tell which processes are coming back. */
export interface ComingBack {
  readonly snapshot: Snapshot;
  /** Out of their pools by our hand, and not on hold. */
  readonly leftOut: readonly ProcessName[];
  /** About to be stopped themselves. */
  readonly stopping: readonly ProcessInfo[];
  /** How long a process may take from its start until it is ready. */
  readonly readyDeadlineMs: (name: ProcessName) => number;
}

/**
 * The processes that were started a moment ago and are not back in their pools yet. A stop waits for these: else a
 * client that restarts one process after the other, without waiting for each to be ready, has several of them out at
 * the same time. One that is not ready long after its start is broken, and nobody waits for it.
 */
export function comingBack({ snapshot, leftOut, stopping, readyDeadlineMs }: ComingBack): ProcessName[] {
  const stopped = new Set(stopping.map((info) => info.fullName));
  const out = new Set(leftOut.filter((name) => !stopped.has(name)));
  return snapshot.infos
    .filter((info) => out.has(info.fullName) && isOnItsWay(info, snapshot, readyDeadlineMs(info.fullName)))
    .map((info) => info.fullName);
}

function isOnItsWay(info: ProcessInfo, { configs }: Snapshot, readyDeadlineMs: number): boolean {
  if (info.state === 'RUNNING' || info.state === 'STARTING') {
    return (info.nowS - info.startedAtS) * 1_000 < readyDeadlineMs;
  }
  // Its group was just added: supervisord starts it at its next turn.
  return info.state === 'STOPPED' && info.startedAtS === 0 && configs.get(info.fullName)?.autostart === true;
}

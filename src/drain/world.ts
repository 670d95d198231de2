import { readFileSync } from 'node:fs';
import { isDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isAlive, type ProcessConfig } from '../supervisor/process.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotFile } from './snapshot-file.ts';
import type { Target } from './target.ts';

/** What became of a process; `replaced`: it ended, and supervisord started it anew, with this pid. */
export interface Fate {
  readonly kind: 'lives' | 'gone' | 'replaced';
  readonly pid: number;
}

/** What supervisord runs: asked anew, or as it was last seen, for when supervisord answers no more (a shutdown). */
export class World {
  readonly supervisor: Supervisor;
  readonly #log: Log;
  readonly #memory: SnapshotFile | undefined;
  #last: Snapshot | undefined;
  #warned = false;
  #configsAreStale = false;

  /** With a `memory`, what is seen outlives this process. */
  constructor(supervisor: Supervisor, log: Log, memory: SnapshotFile | undefined) {
    this.supervisor = supervisor;
    this.#log = log;
    this.#memory = memory;
  }

  /** The latest snapshot, of whatever age, also one that an earlier process saw; undefined where there is none. */
  async lastKnown(): Promise<Snapshot | undefined> {
    return this.#last ?? (await this.#memory?.read());
  }

  /** Has the next {@link refresh} ask for the configuration too: supervisord has read it anew. */
  forgetConfigs(): void {
    this.#configsAreStale = true;
  }

  /** Asks for everything. */
  async fresh(signal?: AbortSignal): Promise<Snapshot> {
    this.#configsAreStale = false;
    const [infos, configs] = await Promise.all([this.supervisor.getAllProcessInfo(signal), this.#configs(signal)]);
    return this.#see({ infos, configs: new Map(configs.map((config) => [config.fullName, config])) });
  }

  /**
   * supervisord 4.2.5 itself fails at this call where its configuration has a number over 2^31, such as a log of 2 GB.
   * That must not keep a drain from happening: without it the stop order and stopwaitsecs are supervisord's defaults.
   */
  async #configs(signal?: AbortSignal): Promise<readonly ProcessConfig[]> {
    try {
      return await this.supervisor.getAllConfigInfo(signal);
    } catch (error) {
      if (!isDrainctlError(error, 'RPC_PROTOCOL')) throw error;
      if (!this.#warned) this.#log.warn(`The stop order is not known and is taken to be by name: ${error.toText()}`);
      this.#warned = true;
      return [];
    }
  }

  /** Asks for the states only; the configuration too where there are processes that were not there before. */
  async refresh(signal?: AbortSignal): Promise<Snapshot> {
    const infos = await this.supervisor.getAllProcessInfo(signal);
    const known = this.#configsAreStale ? undefined : this.#last?.configs;
    if (known === undefined || infos.some((info) => !known.has(info.fullName))) return this.fresh(signal);
    return this.#see({ infos, configs: known });
  }

  #see(snapshot: Snapshot): Snapshot {
    this.#last = snapshot;
    this.#memory?.write(snapshot);
    return snapshot;
  }

  /** As {@link refresh}, or as last seen while supervisord is shutting down. */
  async best(signal?: AbortSignal): Promise<Snapshot & { readonly isShuttingDown: boolean }> {
    try {
      return { ...(await this.refresh(signal)), isShuttingDown: false };
    } catch (error) {
      const last = isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN') ? await this.lastKnown() : undefined;
      if (last === undefined) throw error;
      return { ...withLivePids(last), isShuttingDown: true };
    }
  }

  /** What became of the process that had this pid, as supervisord says, or while it shuts down, the kernel. In doubt it lives. */
  async fateOf(target: Target, pid: number, signal: AbortSignal): Promise<Fate> {
    try {
      const info = await this.supervisor.getProcessInfo(target.info.fullName, signal);
      if (!isAlive(info.state)) return { kind: 'gone', pid: 0 };
      return { kind: pid > 0 && info.pid > 0 && info.pid !== pid ? 'replaced' : 'lives', pid: info.pid };
    } catch (error) {
      signal.throwIfAborted();
      const isGone =
        isDrainctlError(error, 'NO_SUCH_PROCESS') ||
        (isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN') && pid > 0 && !pidExists(pid));
      return { kind: isGone ? 'gone' : 'lives', pid };
    }
  }
}

/**
 * A snapshot made true by what the kernel knows, for when supervisord tells nothing. A process whose pid is gone has
 * ended; but while supervisord (`supervisordPid`, our parent) has a child that the snapshot does not know, it may have
 * been started anew, and is taken to live, with a pid that is not known.
 */
export function withLivePids(snapshot: Snapshot, supervisordPid: number = process.ppid): Snapshot {
  const mayBeReplaced = hasUnknownChildren(snapshot, supervisordPid);
  const infos = snapshot.infos.map((info) => {
    if (!isAlive(info.state) || pidExists(info.pid)) return info;
    return mayBeReplaced ? { ...info, pid: 0 } : { ...info, state: 'STOPPED' as const, pid: 0 };
  });
  return { ...snapshot, infos };
}

/** proc(5), /proc/pid/task/tid/children; where the kernel does not have it, there are none. */
function hasUnknownChildren(snapshot: Snapshot, parentPid: number): boolean {
  const known = new Set([process.pid, ...snapshot.infos.map((info) => info.pid)]);
  try {
    const children = readFileSync(`/proc/${parentPid}/task/${parentPid}/children`, 'utf8');
    return children.split(' ').some((pid) => pid !== '' && !known.has(Number(pid)));
  } catch {
    return false;
  }
}

function pidExists(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // as: what kill() throws
  }
}

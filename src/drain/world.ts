import { isDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isAlive, type ProcessConfig } from '../supervisor/process.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotFile } from './snapshot-file.ts';
import type { Target } from './target.ts';

/** What became of a process; `replaced`: it ended, and supervisord started it anew. */
export type Fate = 'lives' | 'gone' | 'replaced';

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

  /** What became of a process, as supervisord says, or while it shuts down, the kernel. In doubt it lives. */
  async fateOf(target: Target, signal: AbortSignal): Promise<Fate> {
    const { fullName, pid } = target.info;
    try {
      const info = await this.supervisor.getProcessInfo(fullName, signal);
      if (!isAlive(info.state)) return 'gone';
      return pid > 0 && info.pid > 0 && info.pid !== pid ? 'replaced' : 'lives';
    } catch (error) {
      signal.throwIfAborted();
      return isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN') && !pidExists(pid) ? 'gone' : 'lives';
    }
  }
}

/** The processes of a snapshot that still exist; of the others it is known only that they have ended. */
export function withLivePids(snapshot: Snapshot): Snapshot {
  const infos = snapshot.infos.map((info) =>
    isAlive(info.state) && !pidExists(info.pid) ? { ...info, state: 'STOPPED' as const, pid: 0 } : info,
  );
  return { ...snapshot, infos };
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

import { isDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isAlive, type ProcessConfig, type ProcessInfo, type ProcessName } from '../supervisor/process.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Target } from './target.ts';

/** All processes at one moment. */
export interface Snapshot {
  readonly infos: readonly ProcessInfo[];
  readonly configs: ReadonlyMap<ProcessName, ProcessConfig>;
}

/** What supervisord runs: asked anew, or as it was last seen, for when supervisord answers no more (a shutdown). */
export class World {
  readonly supervisor: Supervisor;
  readonly #log: Log;
  #last: Snapshot | undefined;
  #warned = false;
  #configsAreStale = false;

  constructor(supervisor: Supervisor, log: Log) {
    this.supervisor = supervisor;
    this.#log = log;
  }

  /** The latest snapshot, of whatever age. */
  get last(): Snapshot | undefined {
    return this.#last;
  }

  /** Has the next {@link refresh} ask for the configuration too: supervisord has read it anew. */
  forgetConfigs(): void {
    this.#configsAreStale = true;
  }

  /** Asks for everything. */
  async fresh(signal?: AbortSignal): Promise<Snapshot> {
    this.#configsAreStale = false;
    const [infos, configs] = await Promise.all([this.supervisor.getAllProcessInfo(signal), this.#configs(signal)]);
    this.#last = { infos, configs: new Map(configs.map((config) => [config.fullName, config])) };
    return this.#last;
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
      if (!this.#warned)
        this.#log.warn(`The stop order is not known and is taken to be by name: ${error.message}. ${error.hint}`);
      this.#warned = true;
      return [];
    }
  }

  /** Asks for the states only; the configuration too where there are processes that were not there before. */
  async refresh(signal?: AbortSignal): Promise<Snapshot> {
    const infos = await this.supervisor.getAllProcessInfo(signal);
    const known = this.#configsAreStale ? undefined : this.#last?.configs;
    if (known === undefined || infos.some((info) => !known.has(info.fullName))) return this.fresh(signal);
    this.#last = { infos, configs: known };
    return this.#last;
  }

  /** As {@link refresh}, or as last seen while supervisord is shutting down. */
  async best(signal?: AbortSignal): Promise<Snapshot & { readonly isShuttingDown: boolean }> {
    try {
      return { ...(await this.refresh(signal)), isShuttingDown: false };
    } catch (error) {
      if (this.#last === undefined || !isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN')) throw error;
      return { ...withLivePids(this.#last), isShuttingDown: true };
    }
  }

  /** Whether the process lives, as supervisord says, or while it shuts down, as the kernel does. In doubt it does. */
  async isAlive(target: Target, signal: AbortSignal): Promise<boolean> {
    try {
      const info = await this.supervisor.getProcessInfo(target.info.fullName, signal);
      return isAlive(info.state);
    } catch (error) {
      signal.throwIfAborted();
      return isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN') ? pidExists(target.info.pid) : true;
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

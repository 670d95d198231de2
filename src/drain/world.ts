import { type DrainctlError, isDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isAlive, type ProcessConfig, type ProcessInfo, type ProcessName } from '../supervisor/process.ts';
import { isSilent } from '../supervisor/silent.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { Deadline, monotonicMs, sleep } from '../time.ts';
import { supervisedChildren } from './children.ts';
import { isChildOf, isJustForked, pidExists, withLivePids } from './live-pids.ts';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotFile } from './snapshot-file.ts';
import type { Target } from './target.ts';

/** What became of a process; `replaced`: it ended, and supervisord started it anew, with this pid. */
export interface Fate {
  readonly kind: 'lives' | 'gone' | 'replaced';
  readonly pid: number;
  /** Of one that is gone, where supervisord tells; -1: a signal ended it. */
  readonly exitStatus?: number;
}

/** How supervisord answered when it was last asked what it runs. */
export interface SupervisorContact {
  /** When it was asked for the latest good answer, on the monotonic clock; undefined: there was none yet. */
  readonly askedAtMs: number | undefined;
  /** When that answer came. */
  readonly answeredAtMs: number | undefined;
  /** Why the latest call failed; undefined: it did not. */
  readonly error: DrainctlError | undefined;
}

/** What is known of a supervisord that does not answer. */
export interface LastSeen {
  /** 0 where it is not known; undefined: it is our parent. */
  readonly supervisordPid?: number | undefined;
  /** What it was seen to run; undefined: what a sidecar has written down. */
  readonly snapshot?: Snapshot | undefined;
}

/** Between fork and exec a child prepares for milliseconds; supervisord closes over a thousand files there. */
const execLimitMs = 1_000;
const execPollMs = 10;

/** What supervisord runs: asked anew, or as it was last seen, for when supervisord answers no more (a shutdown). */
export class World {
  readonly supervisor: Supervisor;
  /** Is told of each look what this process had seen before, and what it sees now. */
  onSeen: (before: Snapshot, after: Snapshot) => void = () => {};
  readonly #log: Log;
  readonly #memory: SnapshotFile | undefined;
  readonly #supervisordPid: number;
  #last: Snapshot | undefined;
  #contact: SupervisorContact = { askedAtMs: undefined, answeredAtMs: undefined, error: undefined };
  #warned = false;
  #configsAreStale = false;

  /** With a `memory`, what is seen outlives this process. */
  constructor(supervisor: Supervisor, log: Log, memory: SnapshotFile | undefined, lastSeen: LastSeen = {}) {
    this.supervisor = supervisor;
    this.#log = log;
    this.#memory = memory;
    this.#supervisordPid = lastSeen.supervisordPid ?? process.ppid;
    this.#last = lastSeen.snapshot;
  }

  /** The latest snapshot, of whatever age, also one that an earlier process saw; undefined where there is none. */
  async lastKnown(): Promise<Snapshot | undefined> {
    return this.#last ?? (await this.#memory?.read());
  }

  /** What this process saw last, of whatever age, and how supervisord answered then. */
  get seen(): { readonly snapshot: Snapshot | undefined; readonly contact: SupervisorContact } {
    return { snapshot: this.#last, contact: this.#contact };
  }

  /** Resolves when nothing is being written any more for those who come later. A disk may hang. */
  async settled(): Promise<void> {
    await this.#memory?.settled;
  }

  /** The same, made true by what the kernel knows; where there is none, what the kernel alone tells, which is only who lives. */
  async lastKnownAlive(): Promise<Snapshot | undefined> {
    const last = await this.lastKnown();
    return last === undefined ? supervisedChildren(this.#supervisordPid) : withLivePids(last, this.#supervisordPid);
  }

  /**
   * Sends a signal to a process as last seen, past a supervisord that passes none on any more (a shutdown). False where
   * it is not known to be supervisord's still, or we may not.
   */
  async signalChild(name: ProcessName, signalName: string): Promise<boolean> {
    const info = (await this.lastKnownAlive())?.infos.find(({ fullName }) => fullName === name);
    if (info === undefined || !isChildOf(info.pid, this.#supervisordPid)) return false;
    try {
      process.kill(info.pid, `SIG${signalName}`);
      return true;
    } catch {
      return false;
    }
  }

  /** Has the next {@link refresh} ask for the configuration too: supervisord has read it anew. */
  forgetConfigs(): void {
    this.#configsAreStale = true;
  }

  /** Asks for everything. */
  async fresh(signal?: AbortSignal): Promise<Snapshot> {
    this.#configsAreStale = false;
    const [infos, configs] = await Promise.all([this.#infos(signal), this.#configs(signal)]);
    // Without configuration the kernel must tell which one is the sidecar, and a child just forked could be any.
    if (configs.length === 0) await untilExecuted(infos, signal);
    return this.#see({ infos, configs: new Map(configs.map((config) => [config.fullName, config])) });
  }

  async #infos(signal?: AbortSignal): Promise<readonly ProcessInfo[]> {
    const askedAtMs = monotonicMs();
    try {
      const infos = await this.supervisor.getAllProcessInfo(signal);
      this.#contact = { askedAtMs, answeredAtMs: monotonicMs(), error: undefined };
      return infos;
    } catch (error) {
      if (isDrainctlError(error) && signal?.aborted !== true) this.#contact = { ...this.#contact, error };
      throw error;
    }
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
    const infos = await this.#infos(signal);
    const known = this.#configsAreStale ? undefined : this.#last?.configs;
    if (known === undefined || infos.some((info) => !known.has(info.fullName))) return this.fresh(signal);
    return this.#see({ infos, configs: known });
  }

  #see(snapshot: Snapshot): Snapshot {
    const before = this.#last;
    this.#last = snapshot;
    this.#memory?.write(snapshot);
    if (before !== undefined) this.onSeen(before, snapshot);
    return snapshot;
  }

  /** As {@link refresh}, or as last seen while supervisord is shutting down. */
  async best(signal?: AbortSignal): Promise<Snapshot & { readonly isShuttingDown: boolean }> {
    try {
      return { ...(await this.refresh(signal)), isShuttingDown: false };
    } catch (error) {
      const last = isSilent(error) ? await this.lastKnownAlive() : undefined;
      if (last === undefined) throw error;
      return { ...last, isShuttingDown: true };
    }
  }

  /** What became of the process that had this pid, as supervisord says, or while it shuts down, the kernel. In doubt it lives. */
  async fateOf(target: Target, pid: number, signal: AbortSignal): Promise<Fate> {
    try {
      const info = await this.supervisor.getProcessInfo(target.info.fullName, signal);
      if (!isAlive(info.state)) return { kind: 'gone', pid: 0, exitStatus: info.exitStatus };
      return { kind: pid > 0 && info.pid > 0 && info.pid !== pid ? 'replaced' : 'lives', pid: info.pid };
    } catch (error) {
      signal.throwIfAborted();
      const isGone = isDrainctlError(error, 'NO_SUCH_PROCESS') || (isSilent(error) && pid > 0 && !pidExists(pid));
      return { kind: isGone ? 'gone' : 'lives', pid };
    }
  }
}

async function untilExecuted(infos: readonly ProcessInfo[], signal: AbortSignal | undefined): Promise<void> {
  const deadline = new Deadline(execLimitMs);
  while (!deadline.passed && infos.some(({ pid }) => isJustForked(pid))) await sleep(execPollMs, signal);
}

import { isDeepStrictEqual } from 'node:util';
import type { Config, PoolConfig, ProgramConfig } from '../config/config.ts';
import { programFor } from '../config/match.ts';
import { type OpenedProgram, openProgram } from '../config/open.ts';
import { type DrainctlError, isDrainctlError } from '../errors.ts';
import type { Pool } from '../pools/pool.ts';
import type { ProbeSubject } from '../probes/probe.ts';
import type { ProcessConfig, ProcessInfo, ProcessName } from '../supervisor/process.ts';
import { type DriverSurroundings, servicesFor } from './driver-surroundings.ts';
import { PoolAddress } from './pool-address.ts';
import type { Snapshot } from './snapshot.ts';
import type { Target, TargetMember } from './target.ts';

/** Turns processes into targets, by the configuration. The pools' addresses are opened once and shared by all. */
export class Targets {
  readonly #config: Config;
  readonly #addresses: ReadonlyMap<string, readonly PoolAddress[]>;
  readonly #surroundings: DriverSurroundings;
  readonly #programs = new Map<string, OpenedProgram>();
  /** As last seen, by name. */
  readonly #pids = new Map<string, number>();

  /**
   * The pools that `earlier` has with the very same configuration are taken from there: what they remember, such as a reload of
   * their load balancer, would be forgotten otherwise. Both have the same `surroundings`.
   */
  constructor(config: Config, surroundings: DriverSurroundings, earlier?: Targets) {
    this.#config = config;
    this.#surroundings = surroundings;
    const { observer } = surroundings;
    const open = ({ name: pool, capacity }: PoolConfig, driver: Pool) => {
      const onFailure = ({ code }: DrainctlError) => observer?.onPoolFailure({ pool, address: driver.address, code });
      return new PoolAddress(pool, driver, onFailure, capacity);
    };
    this.#addresses = new Map(
      [...config.pools].map(([name, pool]) => [
        name,
        earlier?.openedBefore(pool) ??
          // as: `options` has passed this very driver's schema when the configuration was loaded
          pool.driver.open(pool.options as never, servicesFor(name, surroundings)).map((driver) => open(pool, driver)),
      ]),
    );
  }

  /** The addresses of a pool with the very same configuration. */
  openedBefore(pool: PoolConfig): readonly PoolAddress[] | undefined {
    const isSame = isDeepStrictEqual(this.#config.pools.get(pool.name), pool);
    return isSame ? this.#addresses.get(pool.name) : undefined;
  }

  /** All addresses of all pools. */
  get addresses(): readonly PoolAddress[] {
    return [...this.#addresses.values()].flat();
  }

  /**
   * Where the entry does not fit this very process (a `process_num` that its name does not have), `problem` says so,
   * and the target is that of a process without an entry.
   */
  resolve(info: ProcessInfo, snapshot: Snapshot): { readonly target: Target; readonly problem?: DrainctlError } {
    const config = snapshot.configs.get(info.fullName) ?? unknownConfig(info);
    const program = programFor(this.#config, info.fullName);
    if (program === undefined) return { target: unconfigured(info, config) };
    try {
      return { target: this.#open(program, info, config) };
    } catch (error) {
      if (!isDrainctlError(error, 'CONFIG_INVALID')) throw error;
      return { target: unconfigured(info, config), problem: error };
    }
  }

  #open(program: ProgramConfig, info: ProcessInfo, config: ProcessConfig): Target {
    const { members: entries, probes, steps, ready } = this.#openedProgram(program, info);
    const members = entries.flatMap(({ pool, label, member }) =>
      (this.#addresses.get(pool) ?? []).map((at) => ({ at, label, member })),
    );
    return { info, config, settings: settingsOf(program, members), members, probes, steps, ready };
  }

  /** What a process's entry comes to depends on its name alone, and is asked for at every status. */
  #openedProgram(program: ProgramConfig, info: ProcessInfo): OpenedProgram {
    this.#pids.set(info.fullName, info.pid);
    const known = this.#programs.get(info.fullName);
    if (known !== undefined) return known;
    const opened = openProgram(this.#config, program, info, this.#subject(info.fullName), this.#surroundings.services);
    this.#programs.set(info.fullName, opened);
    return opened;
  }

  #subject(name: ProcessName): ProbeSubject {
    return {
      name,
      pid: () => this.#pids.get(name) || undefined,
      lastCommunication: () => this.#surroundings.lastCommunication(name),
    };
  }

  /** The address of that name; undefined where the configuration has none. */
  findAddress(pool: string, address: string): PoolAddress | undefined {
    return this.#addresses.get(pool)?.find((candidate) => candidate.address === address);
  }

  /** Frees what the pools hold open. */
  close(): void {
    for (const address of this.addresses) address.close();
  }
}

function settingsOf(program: ProgramConfig, members: readonly TargetMember[]): Target['settings'] {
  return {
    deadlineMs: program.deadlineMs,
    quietMs: program.quietMs,
    pollMs: program.pollMs,
    settleMs: program.settleMs ?? Math.max(0, ...members.map((member) => member.at.settleMs)),
    onDeadline: program.onDeadline,
    onCrash: program.onCrash,
    readyDeadlineMs: program.ready?.deadlineMs ?? defaultReadyDeadlineMs,
    stage: program.stage,
    maxUnavailable: program.maxUnavailable,
  };
}

const defaultReadyDeadlineMs = 60_000;

/** A process with no entry is stopped in its turn, undrained. */
function unconfigured(info: ProcessInfo, config: ProcessConfig): Target {
  const settings = {
    deadlineMs: 0,
    quietMs: 0,
    pollMs: 100,
    settleMs: 0,
    onDeadline: 'stop',
    onCrash: 'ignore',
    readyDeadlineMs: defaultReadyDeadlineMs,
    stage: undefined,
    maxUnavailable: 1,
  } as const;
  return { info, config, settings, members: [], probes: undefined, ready: undefined };
}

/** supervisord's own defaults, for a process that it runs but no longer has in its configuration. */
function unknownConfig(info: ProcessInfo): ProcessConfig {
  const { fullName, group, name } = info;
  return {
    fullName,
    group,
    name,
    groupPriority: 999,
    processPriority: 999,
    command: '',
    autostart: true,
    startSecs: 1,
    stopWaitSecs: 10,
    stopSignal: 15,
  };
}

import type { Config } from '../config/config.ts';
import type { PlanDocument, VersionDocument } from '../drain/api.ts';
import type { JournalContent } from '../drain/journal-file.ts';
import type { Target } from '../drain/target.ts';
import { sentence, toDrainctlError } from '../errors.ts';
import type { Json, MemberState } from '../pools/pool.ts';
import type { SupervisordConfig } from '../supervisor/config-file.ts';
import type { IniSection } from '../supervisor/ini.ts';
import type { ProcessConfig, ProcessInfo, ProcessName } from '../supervisor/process.ts';
import type { Unit } from '../systemd/systemctl.ts';

/** The mode and owner of a file that is there. */
export interface FileMode {
  readonly path: string;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
}

/** drainctl's own configuration file. */
export interface ConfigFile extends FileMode {
  /** The keys in it that hold a password or token in clear. */
  readonly secrets: readonly string[];
  /** The files that it takes passwords and tokens from. */
  readonly secretFiles: readonly FileMode[];
}

/** A process of supervisord with what the configuration makes of it. */
export interface ResolvedProcess {
  readonly target: Target;
  /** Why its entry does not fit it; undefined where it does. */
  readonly misfit: string | undefined;
}

/** A process's member at one address, and where it stands. */
export interface MemberFacts {
  readonly process: ProcessName;
  readonly label: string;
  /** Undefined where the address did not answer. */
  readonly state: MemberState | undefined;
}

/** The servers that share work, such as those of a backend, and how many must be available beside one that goes. */
export interface ServerGroup {
  readonly name: string;
  readonly servers: number;
  readonly needed: number;
}

/** One address of a pool, as it was asked. */
export interface AddressFacts {
  readonly pool: string;
  readonly driver: string;
  readonly address: string;
  readonly members: readonly MemberFacts[];
  /** Why it could not be asked; undefined where it answered. */
  readonly failure: { readonly message: string; readonly hint: string } | undefined;
  /** The groups of servers that these members belong to, where `min_available` is set. */
  readonly groups: readonly ServerGroup[];
  /** See the property of `Pool`: what was found is what the journal says. */
  readonly onlyInSidecar: boolean;
  /** See the method of `Pool`. */
  readonly isOtherHand: (before: Json, now: Json) => boolean;
  /** What its driver found wrong with it. */
  readonly problems: readonly { readonly message: string; readonly remedy: string }[];
}

/** A process that runs `drainctl listen`. */
export interface Listener {
  readonly info: ProcessInfo;
  /** Undefined where supervisord does not tell its configuration. */
  readonly config: ProcessConfig | undefined;
}

/** The sidecar, as it answers. */
export interface SidecarFacts {
  readonly version: VersionDocument;
  /** Members whose place the sidecar can't tell, with its reason. */
  readonly blindFor: readonly {
    readonly process: ProcessName;
    readonly pool: string;
    readonly address: string;
    readonly why: string;
  }[];
  /** Members that are missing to the sidecar, at addresses where it alone can tell; see the property of `Pool`. */
  readonly missing: readonly { readonly pool: string; readonly address: string; readonly label: string }[];
  /** Members of which a pool says where they stand, and what is not as it should be. */
  readonly inTrouble: readonly {
    readonly pool: string;
    readonly address: string;
    readonly label: string;
    readonly why: string;
  }[];
  /** The names of its methods. */
  readonly methods: readonly string[];
}

/** The folder of journal and history. */
export interface StateDir {
  readonly path: string;
  /** The nearest folder of its path that is there. */
  readonly existing: string;
  /** Why nothing can be written there; undefined where it can. */
  readonly unwritable: string | undefined;
  /** The type of its file system, as statfs(2) has it. */
  readonly fileSystem: number;
}

/** Each fact by its name. They are gathered once; rules only look at them. */
export interface FactTypes {
  readonly config: Config;
  readonly configFile: ConfigFile;
  /** When drainctl's configuration file was last changed, milliseconds since 1970. */
  readonly configChangedAtMs: number;
  readonly version: string;
  readonly supervisord: { readonly url: string; readonly infos: readonly ProcessInfo[] };
  /** supervisord's process on this machine. `isRunBy` is true also where that can't be told. */
  readonly supervisordProcess: { readonly pid: number; readonly isRunBy: (unit: Unit) => boolean };
  readonly settings: ReadonlyMap<ProcessName, ProcessConfig>;
  readonly processes: readonly ResolvedProcess[];
  readonly shutdownPlan: PlanDocument;
  /** What the gate has to wait for. */
  readonly gatePlan: PlanDocument;
  readonly pools: readonly AddressFacts[];
  /** Files that commands of programs name, such as uWSGI's --ini, by path. */
  readonly commandFiles: ReadonlyMap<string, string>;
  readonly listeners: readonly Listener[];
  readonly listener: Listener;
  readonly listenerConfig: ProcessConfig;
  readonly supervisordConfig: SupervisordConfig;
  readonly listenerSection: IniSection;
  readonly sidecar: SidecarFacts;
  /** The sidecar as supervisord's front: it takes supervisorctl's calls, and drains. `isFront` knows its addresses. */
  readonly front: { readonly socket: string; readonly isFront: (serverUrl: string) => boolean };
  readonly sidecarSocket: FileMode;
  readonly supervisordSocket: FileMode;
  readonly stateDir: StateDir;
  /** `problem`: why it can't be relied on, or ""; `setAside`: damaged ones that were, the latest first. */
  readonly journal: {
    readonly file: string;
    readonly content: JournalContent;
    readonly problem: string;
    readonly setAside: readonly string[];
  };
  /** supervisord's own unit. */
  readonly unit: Unit;
  /** The unit that drains: drain-connections.service where that is active and the other does not, else supervisord's own. */
  readonly stopUnit: Unit;
  /** Units of this machine that serve a pool in the configuration. */
  readonly poolUnits: readonly string[];
}

/** The name of a fact. */
export type FactName = keyof FactTypes;

/**
 * A fact as it was gathered.
 *
 * - `known`: here it is.
 * - `unknown`: it could not be had, which is a finding of its own; `fact` is the one that was missed first.
 * - `absent`: there is no such thing on this machine, so nothing can be wrong with it.
 */
export type Fact<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown'; readonly fact: FactName; readonly message: string; readonly hint: string }
  | { readonly kind: 'absent'; readonly why: string };

/** Everything that was gathered. */
export type Facts = { readonly [Name in FactName]: Fact<FactTypes[Name]> };

/** A fact that is known. */
export function known<T>(value: T): Fact<T> {
  return { kind: 'known', value };
}

/** What this machine does not have. */
export function absent(why: string): Fact<never> {
  return { kind: 'absent', why };
}

/** What could not be had, by the error that kept us from it. */
export function unknownBecause(fact: FactName, thrown: unknown): Fact<never> {
  const { message, hint } = toDrainctlError(thrown);
  return { kind: 'unknown', fact, message: sentence(message), hint };
}

/** What follows from a fact; where that is not known, neither is this, for the same reason. */
export function derive<T, Result>(fact: Fact<T>, follow: (value: T) => Fact<Result>): Fact<Result> {
  return fact.kind === 'known' ? follow(fact.value) : fact;
}

/** The value of a fact, or what stands in for it. */
export function valueOr<T, Other>(fact: Fact<T>, other: Other): T | Other {
  return fact.kind === 'known' ? fact.value : other;
}

/** Gathers one fact; a failure makes it unknown. An abort stays one. */
export async function gather<T>(fact: FactName, signal: AbortSignal, work: () => Promise<Fact<T>>): Promise<Fact<T>> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    return unknownBecause(fact, error);
  }
}

import type { LogLevel } from '../log.ts';
import type { PoolDriver } from '../pools/pool.ts';
import type { ProbeDriver } from '../probes/probe.ts';
import type { RpcServerLimits } from '../rpc/limits.ts';
import type { StepDriver } from '../steps/step.ts';

/** What happens to a process whose deadline passed before it was drained. */
export type OnDeadline = 'stop' | 'hold';

/** What happens to a process that ended by itself: taken out at once, or left to the pool's own health check. */
export type OnCrash = 'depool' | 'ignore';

/** What happens when a step was not done: the run goes on, or a stop or restart ends. */
export type OnFailure = 'continue' | 'abort';

/** The configuration, checked and with defaults filled in. Times in milliseconds. */
export interface Config {
  /** The file it came from; empty when there is none and everything is default. */
  readonly file: string;
  readonly supervisor: SupervisorConfig;
  readonly sidecar: SidecarConfig;
  /** Holds the journal and the history. */
  readonly stateDir: string;
  readonly log: { readonly level: LogLevel };
  readonly pools: ReadonlyMap<string, PoolConfig>;
  /** In the order of the file. */
  readonly programs: readonly ProgramConfig[];
}

export interface SupervisorConfig {
  /** `unix:///run/supervisor.sock` or `http://host:port`; undefined: to be discovered. */
  readonly url: string | undefined;
  readonly username: string | undefined;
  /** Already read from `password_file` where that was given. */
  readonly password: string | undefined;
}

export interface SidecarConfig {
  readonly socket: string;
  /** Permission bits, such as 0o700. */
  readonly socketMode: number;
  /** By name or number; undefined: the sidecar's own. */
  readonly socketOwner: string | undefined;
  readonly socketGroup: string | undefined;
  /** Where the same is served over TCP; undefined: nowhere. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  /** What `listen` asks for; undefined: nothing. */
  readonly credentials: Credentials | undefined;
  readonly limits: RpcServerLimits;
  /** Where health endpoints and metrics are served; undefined: nowhere. */
  readonly http: { readonly host: string; readonly port: number } | undefined;
}

/** A user name and its password, or `{SHA}` and the SHA-1 of it. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** One entry of `pools`. `options` has passed the driver's schema. */
export interface PoolConfig {
  readonly name: string;
  readonly driver: PoolDriver;
  readonly options: Readonly<Record<string, unknown>>;
  /** Undefined: members are taken out however few others are left. */
  readonly capacity?: CapacityRule | undefined;
}

/** How many others must be available before a member is taken out. */
export interface CapacityRule {
  /** A number of servers, or a percentage (1 to 99) of all servers that share the member's work, rounded up. */
  readonly minAvailable: { readonly servers: number } | { readonly percent: number };
  /** How long is waited until there are so many, in milliseconds. */
  readonly waitMs: number;
}

/** One entry of `programs`, defaults merged in. Strings in `members`, `inFlight`, the steps and `ready` still hold their `%(…)s`. */
export interface ProgramConfig {
  /** A group, `group:process`, or a glob over `group:process`. */
  readonly pattern: string;
  readonly members: readonly MemberTemplate[];
  /** Undefined: what the pools themselves count. */
  readonly inFlight: readonly ProbeTemplate[] | undefined;
  /** Before the wait until nothing is in flight, in order. */
  readonly beforeStop: readonly StepTemplate[];
  /** After it. */
  readonly afterDrain: readonly StepTemplate[];
  readonly ready: ReadyTemplate | undefined;
  readonly deadlineMs: number;
  readonly quietMs: number;
  readonly pollMs: number;
  /** Undefined: what the pool drivers know that they need. */
  readonly settleMs: number | undefined;
  readonly onDeadline: OnDeadline;
  readonly onCrash: OnCrash;
  /** Undefined: supervisord's own order. */
  readonly stage: number | undefined;
  /** How many processes of a group a restart takes at a time. */
  readonly maxUnavailable: number;
}

/** A process's entry in a pool; `options` are the driver's member keys, not yet expanded. */
export interface MemberTemplate {
  readonly pool: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A probe with its options, not yet expanded. */
export interface ProbeTemplate {
  readonly driver: ProbeDriver;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A step with its options, not yet expanded. */
export interface StepTemplate {
  readonly driver: StepDriver;
  readonly options: Readonly<Record<string, unknown>>;
  readonly onFailure: OnFailure;
}

/** How to tell that a started process can work: an HTTP 2xx, or a command's exit status 0. Not yet expanded. */
export interface ReadyTemplate {
  readonly http: string | undefined;
  readonly exec: readonly string[] | undefined;
  /** How long a process may take from its start until it is ready. */
  readonly deadlineMs: number;
}

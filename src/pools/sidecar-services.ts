import type { DrainctlError } from '../errors.ts';

/** Whoever asks the sidecar about a process or a server, by the address that it asks from. Moments on the monotonic clock. */
export interface Checker<Answer extends string = 'in' | 'out'> {
  readonly address: string;
  /** What it was answered last; for a health: to send work (200, `in`), or not to (503, `out`). */
  readonly answer: Answer;
  /** How often in a row it was answered so. */
  readonly times: number;
  /** When it got the latest answer, or asked since. */
  readonly lastAtMs: number;
  /** When it asked last, where that is told apart from its answer. */
  readonly askedAtMs?: number | undefined;
  /** How long it was between its latest questions, two at most. */
  readonly gapsMs?: readonly number[] | undefined;
}

/** Who asks the sidecar for the health of processes, and what it was answered. */
export interface HealthChecks<Answer extends string = 'in' | 'out'> {
  /** Since when that is known, on the monotonic clock: who asks seldom may not have asked yet. */
  readonly sinceMs: number;
  /** The checkers of one process, `group:name`. */
  of(process: string): readonly Checker<Answer>[];
}

/**
 * What an agent check is answered: the server is out (`drain`), is put back (`ready`), is in (`up`), or nothing that
 * would change its state.
 */
export type AgentAnswer = 'out' | 'back' | 'in' | 'nothing';

/** What a checker has taken; `perhaps out`: it was told so, or the opposite after it, and nobody has seen yet that it took that. */
export type AgentTold = AgentAnswer | 'perhaps out';

/** The servers of one pool, for whoever answers agent checks. */
export interface AgentServers {
  /**
   * Where drainctl wants this server, `BACKEND/SERVER`: `unknown` while the journal has not been read; undefined where the pool
   * has no such member, as far as is known. Asks nobody.
   */
  standing(server: string): 'out' | 'in' | 'unknown' | undefined;
  /** What to say of one that is out, and of one that is put back. */
  readonly words: { readonly out: string; readonly back: string };
}

/** A TCP port of the sidecar at which load balancers ask about servers by name. */
export interface AgentPort {
  /** Why nobody can ask at this moment; undefined where it listens. */
  readonly problem: DrainctlError | undefined;
  /** Since when it has listened, on the monotonic clock; undefined: it does not. */
  readonly sinceMs: number | undefined;
  /** Who asks about a server, and what it was answered: what counts is what it has taken. */
  of(server: string): readonly Checker<AgentTold>[];
  /** When one had asked about it that was forgotten because too many do; undefined: nobody was. */
  forgottenAtMs(server: string): number | undefined;
  /** What was asked about, the latest last. */
  names(): readonly string[];
  /**
   * From now on the server is `back` for who asks, although the journal still names it, until {@link takeOut} or the journal names
   * it anew. `back`: what says so.
   */
  putBack(server: string, back: string): void;
  /** Ends {@link putBack}: the journal alone decides. */
  takeOut(server: string): void;
  /** True after {@link putBack}, while the journal has been seen to name it still. */
  isPuttingBack(server: string): boolean;
  /** Nobody is answered for these servers any more. Whoever else has the same port keeps it. */
  close(): void;
}

/** The sidecar's agent ports. */
export interface AgentChecks {
  /** Answers there from now on, for as long as the port is not closed. An address that can't be had is tried again. */
  listen(address: { readonly host: string; readonly port: number }, servers: AgentServers): AgentPort;
}

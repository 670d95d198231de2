import type {
  Depool,
  Json,
  MemberState,
  Placement,
  Pool,
  PoolCapacity,
  Repool,
  Server,
} from '../../../src/pools/pool.ts';
import type { Script } from './script.ts';

/** A member of a {@link ScriptedPool}. */
export interface ScriptedMember {
  readonly server: string;
}

/** What a scripted pool holds of one server; tests change it as an operator or a client would. */
export interface ScriptedServer {
  placement: Placement;
  /** Undefined: it can't tell. */
  inFlight: number | undefined;
}

/** How to make a {@link ScriptedPool}. */
export interface ScriptedPoolOptions {
  readonly address?: string;
  readonly servers: readonly string[];
  /** Gets a line for each call: `depool app/web_00 at pool-a`. Calls of `state` are counted, not listed. */
  readonly calls?: string[];
  readonly counts?: boolean;
  readonly settleMs?: number;
  readonly tightensAfterMs?: number;
  readonly isOnlyOurs?: boolean;
}

/** An address of a pool in memory: it keeps the contract of `src/pools/pool.ts`, except as its scripts say. */
export class ScriptedPool implements Pool<ScriptedMember> {
  readonly address: string;
  readonly settleMs: number;
  readonly counts: boolean;
  readonly tightensAfterMs: number | undefined;
  readonly isOnlyOurs: boolean;
  readonly servers: Map<string, ScriptedServer>;
  readonly calls: string[];
  /** The members of each call of `state`. */
  readonly looks: string[] = [];
  /** Run before the call does its work. */
  readonly scripts: { state?: Script; depool?: Script; repool?: Script; count?: Script } = {};
  closed = 0;
  readonly #outBefore = new Map<string, ReadonlySet<string>>();
  readonly capacity: PoolCapacity<ScriptedMember> = {
    groupOf: ({ server }) => server.slice(0, server.indexOf('/')),
    nameOf: ({ server }) => server.slice(server.indexOf('/') + 1),
    servers: async (members, signal) => {
      await this.scripts.count?.(namesIn(members), signal);
      signal.throwIfAborted();
      return members.map((member) => this.#groupOf(member));
    },
    outBefore: ({ server }) => this.#outBefore.get(server),
  };

  constructor(options: ScriptedPoolOptions) {
    this.address = options.address ?? 'pool-a';
    this.calls = options.calls ?? [];
    this.counts = options.counts ?? true;
    this.settleMs = options.settleMs ?? 0;
    this.tightensAfterMs = options.tightensAfterMs;
    this.isOnlyOurs = options.isOnlyOurs ?? false;
    this.servers = new Map(options.servers.map((name) => [name, { placement: 'in', inFlight: 0 }]));
  }

  /** The server of that name; throws where there is none. */
  server(name: string): ScriptedServer {
    const server = this.servers.get(name);
    if (server === undefined) throw new Error(`the scripted pool has no server ${name}`);
    return server;
  }

  /** The names of the servers that stand there. */
  namesOf(placement: Placement): string[] {
    return [...this.servers].filter(([, server]) => server.placement === placement).map(([name]) => name);
  }

  async state(members: readonly ScriptedMember[], signal: AbortSignal): Promise<MemberState[]> {
    const subject = namesIn(members);
    this.looks.push(subject);
    await this.scripts.state?.(subject, signal);
    signal.throwIfAborted();
    return members.map(({ server }) => this.#stateOf(server));
  }

  async depool(members: readonly Depool<ScriptedMember>[], signal: AbortSignal): Promise<void> {
    const subject = namesIn(members.map(({ member }) => member));
    this.calls.push(`depool ${subject} at ${this.address}`);
    await this.scripts.depool?.(subject, signal);
    for (const { member } of members) {
      const before = this.namesOf('out').map((name) => name.slice(name.indexOf('/') + 1));
      this.#outBefore.set(member.server, new Set(before));
      this.server(member.server).placement = 'out';
    }
  }

  async repool(members: readonly Repool<ScriptedMember>[], signal: AbortSignal): Promise<void> {
    const subject = namesIn(members.map(({ member }) => member));
    this.calls.push(`repool ${subject} at ${this.address}`);
    await this.scripts.repool?.(subject, signal);
    for (const { member, before } of members) this.server(member.server).placement = placementIn(before);
  }

  close(): void {
    this.closed += 1;
  }

  #groupOf(member: ScriptedMember): Server[] {
    const prefix = `${this.capacity.groupOf(member)}/`;
    return [...this.servers].flatMap(([name, { placement }]) =>
      name.startsWith(prefix)
        ? [{ name: name.slice(prefix.length), available: placement === 'in', placement, text: placement.toUpperCase() }]
        : [],
    );
  }

  #stateOf(name: string): MemberState {
    const server = this.servers.get(name);
    if (server === undefined)
      return { placement: 'missing', text: 'no such server', before: null, inFlight: undefined };
    const { placement, inFlight } = server;
    return {
      placement,
      text: placement.toUpperCase(),
      before: { placement },
      inFlight: this.counts ? inFlight : undefined,
    };
  }
}

function namesIn(members: readonly ScriptedMember[]): string {
  return members.map(({ server }) => server).join(' ');
}

function placementIn(before: Json): Placement {
  if (before === null) return 'in';
  // as: written by state() above, and by nobody else
  return (before as { placement: Placement }).placement;
}

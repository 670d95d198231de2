import { setMaxListeners } from 'node:events';
import type { DrainctlError } from '../../errors.ts';
import type { SocketAddress } from '../../socket-address.ts';
import { Deadline, monotonicMs, sleep } from '../../time.ts';
import type { Json, MemberState, Pool, PoolServices } from '../pool.ts';
import type { AgentPort } from '../sidecar-services.ts';
import {
  type Asked,
  type HasTaken,
  type Heard,
  hasHeardBack,
  hasTakenBack,
  hasTakenOut,
  heard,
  isEarly,
  longestWaitMs,
} from './agent-decisions.ts';
import {
  neverAsked,
  nobodyAsks,
  noSidecar,
  notListening,
  notTold,
  takenOutAgain,
  tooEarly,
  tooManyAsk,
} from './agent-errors.ts';
import { troubleOf, withTrouble } from './agent-trouble.ts';
import { type Depool, words, wordsBack } from './agent-words.ts';

/** How a pool's configuration wants HAProxys told. */
export interface AgentPolicy {
  /** Where the sidecar listens. */
  readonly agent: Extract<SocketAddress, { kind: 'tcp' }>;
  readonly depool: Depool;
  /** The longest `agent-inter`. */
  readonly interMs: number;
  /** Who has to ask; undefined: whoever does. */
  readonly expected: readonly string[] | undefined;
}

interface Member {
  readonly server: string;
}

/** The journal tells addresses apart by their names; where the sidecar listens may change without anything being left out. */
const address = 'agent';

const lookEveryMs = 25;

/** All HAProxys that ask the sidecar about their servers, as one address; see {@link AgentPool}. */
export function agentPool(policy: AgentPolicy, services: PoolServices): Pool<Member> {
  const pool = new AgentPool(policy, services);
  return {
    address,
    settleMs: 0,
    counts: false,
    apart: true,
    onlyInSidecar: true,
    // Each waits until it has been asked about, and does nothing meanwhile.
    changesAtOnce: Number.POSITIVE_INFINITY,
    async state(members, signal) {
      signal.throwIfAborted();
      return members.map(({ server }) => ({ ...pool.state(server), before: policy.depool }));
    },
    depool: (members, signal) => all(members, signal, ({ member }) => pool.takeOut(member.server, signal)),
    repool: (members, signal) =>
      all(members, signal, ({ member, before }) => pool.putBack(member.server, before, signal)),
    close: () => pool.close(),
  };
}

/**
 * A server is out when each HAProxy that asks about it has taken the answer that says so. It is back when each has taken the
 * opposite twice; until then the journal keeps it, because nobody else could put it back after a crash. Who asks is told in
 * either case, also where another that has to be told does not ask.
 */
class AgentPool {
  readonly #policy: AgentPolicy;
  readonly #services: PoolServices;
  /** The address as it was written, for messages. */
  readonly #agent: string;
  readonly #port: AgentPort | undefined;
  /** The members, as far as they were worked with. */
  readonly #known = new Set<string>();
  /** What ends the waiting for those that are being put back. */
  readonly #puttingBack = new Map<string, AbortController>();

  constructor(policy: AgentPolicy, services: PoolServices) {
    this.#policy = policy;
    this.#services = services;
    this.#agent = policy.agent.label.replace('tcp://', '');
    const { agentChecks } = services;
    if (agentChecks === undefined || agentChecks === 'elsewhere') return;
    this.#port = agentChecks.listen(policy.agent, {
      words: words[policy.depool],
      standing: (server) => this.#standing(server),
    });
  }

  /** @throws DrainctlError where nobody can tell. */
  state(server: string): MemberState {
    this.#known.add(server);
    if (this.#services.agentChecks === 'elsewhere') return seenElsewhere(this.#isOut(server));
    const asked = this.#asked(server);
    const isPuttingBack = this.#openPort().port.isPuttingBack(server);
    if (this.#isOut(server) && !isPuttingBack) return this.#stateOut(server, asked);
    const found = heard(asked, isPuttingBack ? hasHeardBack : hasTakenBack);
    const { back } = words[this.#policy.depool];
    if (found.kind === 'waiting') return known('down', `told "${back}", not yet taken by ${found.who}`);
    if (this.#isSilent(found, asked)) return this.#missing(server, found, asked);
    // Who asks is to be told whatever becomes of it, also where it can't be confirmed.
    const trouble = troubleOf(found, asked);
    return this.#isOut(server)
      ? known('down', withTrouble(`told "${back}"`, trouble))
      : known('in', withTrouble('told "up"', trouble));
  }

  async takeOut(server: string, signal: AbortSignal): Promise<void> {
    this.#known.add(server);
    this.#puttingBack.get(server)?.abort(takenOutAgain(server));
    this.#openPort().port.takeOut(server);
    await this.#allTaken(server, hasTakenOut, words[this.#policy.depool].out, signal);
  }

  async putBack(server: string, before: Json, signal: AbortSignal): Promise<void> {
    this.#known.add(server);
    const { port } = this.#openPort();
    const wasOut = this.#isOut(server);
    const ending = new AbortController();
    if (wasOut) this.#puttingBack.set(server, ending);
    if (wasOut) port.putBack(server, wordsBack(this.#policy.depool, before));
    try {
      const either = AbortSignal.any([signal, ending.signal]);
      await this.#allTaken(server, wasOut ? hasHeardBack : hasTakenBack, words[this.#policy.depool].back, either);
    } finally {
      // Where not all have it back, the others keep it: it runs and is ready, and the journal names it until all have.
      if (this.#puttingBack.get(server) === ending) this.#puttingBack.delete(server);
    }
  }

  close(): void {
    this.#port?.close();
  }

  #standing(server: string): 'out' | 'in' | 'unknown' | undefined {
    if (!this.#services.journalIsRead()) return 'unknown';
    if (this.#isOut(server)) return 'out';
    return this.#known.has(server) ? 'in' : undefined;
  }

  #isOut(server: string): boolean {
    return this.#services.takenOutAt(address, server) !== undefined;
  }

  #stateOut(server: string, asked: Asked): MemberState {
    const found = heard(asked, hasTakenOut);
    const text = `told "${words[this.#policy.depool].out}"`;
    if (found.kind === 'all') return known('out', text);
    // After a restart of the sidecar HAProxy most likely has it out, as it was told by the one before.
    if (isEarly(asked)) throw tooEarly(this.#agent, this.#policy.interMs);
    if (found.kind === 'waiting') return known('in', `${text}, not yet taken by ${found.who}`);
    return this.#missing(server, found, asked);
  }

  #openPort(): { readonly port: AgentPort; readonly sinceMs: number } {
    const port = this.#port;
    if (port === undefined) throw noSidecar();
    if (port.problem !== undefined) throw notListening(this.#agent, port.problem);
    if (port.sinceMs === undefined) throw tooEarly(this.#agent, this.#policy.interMs);
    return { port, sinceMs: port.sinceMs };
  }

  #asked(server: string): Asked {
    const { port, sinceMs: listeningSinceMs } = this.#openPort();
    const { interMs, expected } = this.#policy;
    const known = { checkers: port.of(server), forgottenAtMs: port.forgottenAtMs(server) };
    return { ...known, listeningSinceMs, nowMs: monotonicMs(), interMs, expected };
  }

  #isSilent(found: Heard, { checkers }: Asked): boolean {
    return found.kind === 'silent' || (found.kind === 'too early' && checkers.length === 0);
  }

  #missing(server: string, found: Heard, asked: Asked): MemberState {
    const error = this.#silence(server, found, asked);
    if (error.code !== 'POOL_MEMBER_MISSING') throw error;
    return known('missing', 'no HAProxy asks about it');
  }

  /** Why it is not known who has it in. Where somebody asks about others, and nobody ever about this one, it is not there. */
  #silence(server: string, found: Heard, asked: Asked): DrainctlError {
    const { interMs } = this.#policy;
    if (found.kind === 'too many') return tooManyAsk(server, this.#agent);
    if (found.kind === 'absent') return nobodyAsks(server, found.who, this.#agent, interMs);
    if (found.kind !== 'silent') return tooEarly(this.#agent, interMs);
    const { port } = this.#openPort();
    const isAsked = (name: string) => heard({ ...asked, checkers: port.of(name) }, () => true).kind === 'all';
    const others = asked.checkers.length > 0 ? [] : port.names().filter(isAsked);
    if (others.length > 0) return neverAsked(server, others, this.#agent);
    return nobodyAsks(server, found.who, this.#agent, interMs);
  }

  /** Waits until all who ask have taken it: until the slowest has asked often enough, or has gone. */
  async #allTaken(server: string, hasTaken: HasTaken, what: string, signal: AbortSignal): Promise<void> {
    const deadline = new Deadline(longestWaitMs(this.#asked(server)));
    for (;;) {
      signal.throwIfAborted();
      const asked = this.#asked(server);
      const found = heard(asked, hasTaken);
      if (found.kind === 'all') return;
      const waits = found.kind === 'waiting' || found.kind === 'too early';
      if (found.kind === 'waiting' && deadline.passed) throw notTold(server, what, found.who);
      if (!waits || deadline.passed) throw this.#silence(server, found, asked);
      await sleep(lookEveryMs, signal);
    }
  }
}

function known(placement: MemberState['placement'], text: string): MemberState {
  return { placement, text, before: null, inFlight: undefined };
}

/** Who asks is known to the sidecar alone; what drainctl itself has done is in the journal. */
function seenElsewhere(isOut: boolean): MemberState {
  return known(isOut ? 'out' : 'in', 'as the sidecar tells HAProxy');
}

/** Does the work for each side by side. All have ended when it rejects with what went wrong first. */
async function all<Item>(
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  setMaxListeners(0, signal);
  const outcomes = await Promise.allSettled(items.map(work));
  signal.throwIfAborted();
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

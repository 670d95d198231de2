import { CheckerBook, plainAddress } from '../../pools/checkers.ts';
import type { AgentAnswer, AgentServers, AgentTold, Checker } from '../../pools/sidecar-services.ts';
import { nextAnswer, parseQuestion, type Wanted, wantedOf } from './decisions.ts';

/** Anybody may ask anything: of what is nobody's server so much is remembered. */
const strays = { mostNames: 2_048, mostCheckers: 32 };

/** An answer to one question. */
export interface Reply {
  /** A line with its end. */
  readonly text: string;
  /** To be called when the asker has taken it. */
  onTaken(nowMs: number): void;
}

/** What is answered at one port: the servers of its pools, who asks about them, and what they were told. */
export class AgentDesk {
  readonly #book = new CheckerBook<AgentTold>(0, {
    strays: { ...strays, isStray: (server) => wantedOf(this.#pools, server) === undefined },
  });
  /** The latest first. */
  #pools: readonly AgentServers[] = [];
  /** Those that are put back, and what says so. */
  readonly #putBack = new Map<string, PutBack>();

  /** Its servers are answered for from now on. Gives what ends that. */
  add(servers: AgentServers): () => void {
    this.#pools = [servers, ...this.#pools];
    return () => {
      this.#pools = this.#pools.filter((other) => other !== servers);
    };
  }

  /** True where nobody's servers are answered for any more. */
  get isIdle(): boolean {
    return this.#pools.length === 0;
  }

  of(server: string): readonly Checker<AgentTold>[] {
    return this.#book.of(server);
  }

  forgottenAtMs(server: string): number | undefined {
    return this.#book.forgottenAtMs(server);
  }

  names(): readonly string[] {
    return this.#book.names();
  }

  putBack(server: string, back: string): void {
    if (wantedOf(this.#pools, server)?.standing === 'out') this.#putBack.set(server, { progress: 'going', back });
  }

  takeOut(server: string): void {
    this.#putBack.delete(server);
  }

  isPuttingBack(server: string): boolean {
    return this.#putBack.get(server)?.progress === 'going';
  }

  /** The answer to a line that came from `remoteAddress`; undefined: that is no question. */
  answer(line: string, remoteAddress: string, nowMs: number): Reply | undefined {
    const question = parseQuestion(line);
    if (question === undefined) return undefined;
    const { server, who } = question;
    const from = plainAddress(remoteAddress);
    const address = who === undefined ? from : `${who}@${from}`;
    this.#book.heard(server, address, 'nothing', nowMs);
    const told = this.#book.of(server).find((checker) => checker.address === address);
    const { answer, words } = this.#decide(server, told);
    // It may act on the answer although nobody sees that it does.
    if (isTurn(answer, told?.answer)) this.#book.note(server, address, 'perhaps out', nowMs);
    return {
      text: `${words}\n`,
      onTaken: (takenAtMs) => {
        if (answer !== 'nothing') this.#book.note(server, address, answer, takenAtMs);
      },
    };
  }

  #decide(
    server: string,
    told: Checker<AgentTold> | undefined,
  ): { readonly answer: AgentAnswer; readonly words: string } {
    const wanted = wantedOf(this.#pools, server) ?? this.#wantedBack(told);
    // An empty line changes nothing in HAProxy, and is no error to it either.
    if (wanted?.standing === undefined || wanted.standing === 'unknown') return { answer: 'nothing', words: '' };
    const mark = this.#follow(server, wanted.standing);
    const isOut = wanted.standing === 'out' && mark === undefined;
    const answer = nextAnswer(isOut, mark !== undefined, told);
    if (answer === 'out') return { answer, words: wanted.words.out };
    return { answer, words: answer === 'back' ? (mark?.back ?? wanted.words.back) : 'up' };
  }

  /** A pool that was opened anew knows a member when it was first worked with; the journal names all that are out. */
  #wantedBack(told: Checker<AgentTold> | undefined): Wanted | undefined {
    const [latest] = this.#pools;
    const isTurned = told !== undefined && told.answer !== 'in' && told.answer !== 'nothing';
    return latest !== undefined && isTurned ? { standing: 'in', words: latest.words } : undefined;
  }

  /** What is put back is so until the journal has ceased to name it and names it anew. */
  #follow(server: string, standing: 'out' | 'in'): PutBack | undefined {
    const mark = this.#putBack.get(server);
    if (mark?.progress === 'going' && standing === 'in') this.#putBack.set(server, { ...mark, progress: 'gone' });
    if (mark?.progress === 'gone' && standing === 'out') this.#putBack.delete(server);
    return this.#putBack.get(server);
  }
}

/** A server that is put back: `going` while the journal may still name it. */
interface PutBack {
  readonly progress: 'going' | 'gone';
  readonly back: string;
}

/** True for an answer that takes out what was in, or the other way round. */
function isTurn(answer: AgentAnswer, told: AgentTold | undefined): boolean {
  return (answer === 'out' && told !== 'out') || (answer === 'back' && told === 'out');
}

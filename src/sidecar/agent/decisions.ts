import type { AgentAnswer, AgentServers, AgentTold, Checker } from '../../pools/sidecar-services.ts';

/** So often a checker is told `back`; answers can be lost, and one too many could end what an operator has done meanwhile. */
const timesBack = 3;

/**
 * What a checker is told of a server. Who was told `out` last may have it out still, however long ago that was, and is told
 * `back` so often that one of them arrives. Only then `in`, which ends nothing that an operator has set.
 *
 * @param isOut drainctl wants it out.
 * @param isPutBack it was put back since this sidecar runs: who asks for the first time was perhaps told `out` by the one before.
 * @param told what this checker was told last; undefined or `nothing`: it asks for the first time.
 */
export function nextAnswer(
  isOut: boolean,
  isPutBack: boolean,
  told: Pick<Checker<AgentTold>, 'answer' | 'times'> | undefined,
): AgentAnswer {
  if (isOut) return 'out';
  if (told?.answer === 'out' || told?.answer === 'perhaps out') return 'back';
  if (told?.answer === 'back') return told.times < timesBack ? 'back' : 'in';
  if (told?.answer === 'in') return 'in';
  return isPutBack ? 'back' : 'in';
}

/** Where all pools of a port together want a server, and whose words say so. */
export interface Wanted {
  readonly standing: ReturnType<AgentServers['standing']>;
  readonly words: AgentServers['words'];
}

/**
 * What is out of one pool is out: after a reload two configurations may be in force at a time, and a server may have moved from
 * one pool to the other. While one of them does not know, nothing is known. The first pool is the latest.
 */
export function wantedOf(pools: readonly AgentServers[], server: string): Wanted | undefined {
  const all = pools.map((pool) => ({ standing: pool.standing(server), words: pool.words }));
  for (const standing of ['unknown', 'out', 'in'] as const) {
    const first = all.find((each) => each.standing === standing);
    if (first !== undefined) return first;
  }
  return undefined;
}

/** What a question asks about, and who asks where it says so. */
export interface Question {
  readonly server: string;
  /** For several load balancers behind one address. */
  readonly who: string | undefined;
}

/** The question in a line, `BACKEND/SERVER` and perhaps a name of the asker's; undefined: it is none. */
export function parseQuestion(line: string): Question | undefined {
  const [, server, who] = /^([\w.:-]+\/[\w.:-]+)(?:[ \t]+([\w.:-]{1,64}))?[ \t]*$/.exec(line) ?? [];
  return server === undefined ? undefined : { server, who };
}

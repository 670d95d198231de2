import { isIP } from 'node:net';
import { formatDuration } from '../../duration.ts';
import type { AgentTold, Checker } from '../sidecar-services.ts';

/** So many intervals without a question, and a HAProxy has gone. */
const intervalsMissed = 3;

/** A HAProxy under load may be late beyond that. */
const slackMs = 500;

/** Of three times that it is told, so many must have been taken before a member counts as put back: one may be lost on HAProxy's side. */
const timesBack = 2;

/** The engine waits for 30 s. */
const mostWaitMs = 27_000;

/** What is known of who asks about one server at one moment. Moments on the monotonic clock, in milliseconds. */
export interface Asked {
  readonly checkers: readonly Checker<AgentTold>[];
  /** Since when anybody can ask. */
  readonly listeningSinceMs: number;
  readonly nowMs: number;
  /** The longest `agent-inter` that is expected of a HAProxy. */
  readonly interMs: number;
  /** Who has to ask, by address or by the name that it sends, and nobody else counts; undefined: whoever asks. */
  readonly expected: readonly string[] | undefined;
  /** When one had asked that was forgotten because too many do; undefined: nobody was. */
  readonly forgottenAtMs?: number | undefined;
}

/**
 * Whether all who ask have taken an answer.
 *
 * - `all`: yes, and it is known who they are.
 * - `waiting`: not these, in words.
 * - `too early`: those who have asked have; but others may not have had their turn since it can be asked.
 * - `too many`: those who are known have; but more ask than can be remembered.
 * - `absent`: those who ask have; but these do not ask, and have to.
 * - `silent`: nobody asks; who has to, in words, "" where it is anybody.
 */
export type Heard =
  | { readonly kind: 'all' }
  | { readonly kind: 'waiting'; readonly who: string }
  | { readonly kind: 'too early' }
  | { readonly kind: 'too many' }
  | { readonly kind: 'absent'; readonly who: string }
  | { readonly kind: 'silent'; readonly who: string };

/** Whether one who asks has taken what is waited for. */
export type HasTaken = (checker: Pick<Checker<AgentTold>, 'answer' | 'times'>) => boolean;

/** Whether all who ask about a server have taken what `hasTaken` is true for. */
export function heard(asked: Asked, hasTaken: HasTaken): Heard {
  const asking = askingNow(asked);
  const waiting = asking.filter((checker) => !hasTaken(checker));
  if (waiting.length > 0) return { kind: 'waiting', who: waiting.map(({ address }) => address).join(', ') };
  const absent = asked.expected?.filter((name) => !asking.some((checker) => isCalled(checker, name))) ?? [];
  if (isEarly(asked) && (asked.expected === undefined || absent.length > 0)) return { kind: 'too early' };
  if (asking.length === 0) return { kind: 'silent', who: absent.join(', ') };
  if (absent.length > 0) return { kind: 'absent', who: absent.join(', ') };
  return areTooMany(asked) ? { kind: 'too many' } : { kind: 'all' };
}

/** Where it is known who has to ask, these were found among those who are remembered. */
function areTooMany({ forgottenAtMs, expected, nowMs, interMs }: Asked): boolean {
  return expected === undefined && forgottenAtMs !== undefined && nowMs - forgottenAtMs <= windowMs({}, interMs);
}

/** True where one that asks seldom may not have had its turn since it can ask. */
export function isEarly({ nowMs, listeningSinceMs, interMs }: Asked): boolean {
  return nowMs - listeningSinceMs < windowMs({}, interMs);
}

/** True for one that has the server out. */
export const hasTakenOut: HasTaken = ({ answer }) => answer === 'out';

/** True for one that has the server in, as far as the agent check goes. */
export const hasTakenBack: HasTaken = ({ answer, times }) =>
  answer !== 'out' && answer !== 'perhaps out' && (answer !== 'back' || times >= timesBack);

/** As {@link hasTakenBack}, of a server that is being put back: who was not told anything yet may have it out by an earlier sidecar. */
export const hasHeardBack: HasTaken = (checker) => checker.answer !== 'nothing' && hasTakenBack(checker);

/** How long a change may take to get to all who ask, each in its own rhythm: until the slowest has asked often enough, or has gone. */
export function longestWaitMs(asked: Asked): number {
  const windowsMs = [{}, ...askingNow(asked)].map((checker) => windowMs(checker, asked.interMs));
  return Math.min(Math.max(...windowsMs) + slackMs, mostWaitMs);
}

function askingNow({ checkers, nowMs, interMs, expected }: Asked): readonly Checker<AgentTold>[] {
  return checkers.filter(
    (checker) =>
      nowMs - checker.lastAtMs <= windowMs(checker, interMs) &&
      (expected === undefined || expected.some((name) => isCalled(checker, name))),
  );
}

function windowMs(checker: Pick<Checker<AgentTold>, 'gapsMs'>, interMs: number): number {
  return intervalsMissed * Math.max(interMs, ownMs(checker)) + slackMs;
}

/** Of its two latest intervals the shorter: a pause is no rhythm. */
function ownMs({ gapsMs = [] }: Pick<Checker<AgentTold>, 'gapsMs'>): number {
  return gapsMs.length === 0 ? 0 : Math.min(...gapsMs);
}

/** A checker is known as `ADDRESS`, or as `NAME@ADDRESS`. Anybody may send any name, also one that looks like an address. */
function isCalled({ address }: Pick<Checker<AgentTold>, 'address'>, name: string): boolean {
  return address === name || (isIP(name) === 0 ? address.startsWith(`${name}@`) : address.endsWith(`@${name}`));
}

/** Who asks more seldom than `agent_inter` says, and how often, in words: it may be overlooked after a start; "" where nobody does. */
export function saySeldom(asked: Asked): string {
  const seldom = askingNow(asked).filter((checker) => ownMs(checker) > asked.interMs + slackMs);
  return seldom.map((checker) => `${checker.address} (every ${formatDuration(Math.round(ownMs(checker)))})`).join(', ');
}

/** Within what time a HAProxy is expected to ask, in words. */
export function sayWindow(interMs: number): string {
  return formatDuration(Math.round(windowMs({}, interMs)));
}

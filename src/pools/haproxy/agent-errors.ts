import { DrainctlError } from '../../errors.ts';
import { mostCheckers } from '../checkers.ts';
import { sayWindow } from './agent-decisions.ts';

/** The place in which there is no sidecar. */
export function noSidecar(): DrainctlError {
  const message =
    'Nobody answers agent checks: only the sidecar does, and this is none. HAProxy keeps every server as it was told last.';
  return new DrainctlError('POOL_UNREACHABLE', message, { hint: 'Start the sidecar: supervisorctl start drain' });
}

/** The sidecar can't listen. */
export function notListening(agent: string, problem: DrainctlError): DrainctlError {
  const message = `The sidecar can't answer agent checks at ${agent}: ${problem.message}. HAProxy keeps every server as it was told last.`;
  return new DrainctlError('POOL_UNREACHABLE', message, { hint: problem.hint, cause: problem });
}

/** The sidecar is about to listen, or has not listened for long enough to know who asks. */
export function tooEarly(agent: string, interMs: number): DrainctlError {
  return new DrainctlError(
    'POOL_UNREACHABLE',
    `It is too early to know which HAProxys ask at ${agent}: the sidecar has answered there for less than ${sayWindow(interMs)}.`,
    { hint: 'Try again in a moment.' },
  );
}

/** Nobody asks, or `who` that has to does not, or no longer. */
export function nobodyAsks(server: string, who: string, agent: string, interMs: number): DrainctlError {
  const subject = who === '' ? 'No HAProxy asks' : `HAProxy at ${who} does not ask`;
  return new DrainctlError(
    'POOL_UNREACHABLE',
    `${subject} about ${server} at ${agent}, or has not for ${sayWindow(interMs)}, so it is not known whether it gets work there; who asks is told.`,
    {
      hint: `${sayServerLine(server, agent)} "agent_inter" of the pool is as long as the longest agent-inter.`,
      details: { members: [server] },
    },
  );
}

/** Some were not told in time. The others were. */
export function notTold(server: string, what: string, who: string): DrainctlError {
  const message = `${who} was not told "${what}" about ${server} in time; the others that ask were.`;
  return new DrainctlError('POOL_UNREACHABLE', message, {
    hint: 'See whether it takes the answers: "show stat" and its log name what came of its agent checks (last_agt). If it is no HAProxy, name those that are in "checkers" of the pool.',
    details: { members: [server] },
  });
}

/** More ask than can be remembered. */
export function tooManyAsk(server: string, agent: string): DrainctlError {
  const message = `More than ${mostCheckers.toLocaleString('en')} ask about ${server} at ${agent}, more than can be remembered, so not all are known to have been told.`;
  return new DrainctlError('POOL_UNREACHABLE', message, {
    hint: 'Let only the load balancers reach that port, and name them in "checkers" of the pool.',
    details: { members: [server] },
  });
}

/** Somebody asks, but never about this one. */
export function neverAsked(server: string, asked: readonly string[], agent: string): DrainctlError {
  return new DrainctlError(
    'POOL_MEMBER_MISSING',
    `No HAProxy has ever asked about ${server} at ${agent}; asked about: ${asked.slice(-10).join(', ')}.`,
    {
      hint: `Compare "server" of the member with agent-send. ${sayServerLine(server, agent)}`,
      details: { members: [server] },
    },
  );
}

/** It was taken out while it was being put back. */
export function takenOutAgain(server: string): DrainctlError {
  return new DrainctlError('POOL_REFUSED', `${server} was taken out again while it was being put back; it is out.`, {
    hint: 'See "drainctl status".',
    details: { members: [server] },
  });
}

function sayServerLine(server: string, agent: string): string {
  const port = agent.slice(agent.lastIndexOf(':') + 1);
  return `Its server line in haproxy.cfg needs: agent-check agent-addr ADDRESS agent-port ${port} agent-inter 1s agent-send "${server}\\n"`;
}

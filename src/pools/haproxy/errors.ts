import { formatDuration } from '../../duration.ts';
import { DrainctlError, type ErrorCode } from '../../errors.ts';
import type { SocketAddress } from './address.ts';

type Remedy = readonly [reason: string, hint: string];

const whereToLook = 'Compare the address with "stats socket" in haproxy.cfg, and see whether HAProxy runs.';

const tooManyFiles =
  'Raise the limit of open files: minfds in supervisord\'s configuration, LimitNOFILE= of its unit, or "ulimit -n".';

const connectRemedies: Readonly<Record<string, Remedy>> = {
  ENOENT: ['there is no such socket', whereToLook],
  ECONNREFUSED: ['nobody listens there', whereToLook],
  ENOTSOCK: ['that is not a socket', whereToLook],
  EACCES: [
    'permission denied',
    'Give the user that drainctl runs as access to the socket: "stats socket … mode 660 group GROUP level admin" in haproxy.cfg.',
  ],
  ENOTFOUND: ['the host name is unknown', 'Correct the host in the address, or its DNS entry.'],
  EMFILE: ['too many files are open in drainctl itself', tooManyFiles],
  EPIPE: ['it closed the connection at once', 'See HAProxy\'s log; "stats maxconn" limits how many may connect.'],
  ECONNRESET: ['it closed the connection at once', 'See HAProxy\'s log; "stats maxconn" limits how many may connect.'],
};

/** No connection, or it broke. A DrainctlError is given back as it is. */
export function unreachable(address: SocketAddress, cause: Error): DrainctlError {
  if (cause instanceof DrainctlError) return cause;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const [reason, hint] = connectRemedies[code] ?? [cause.message, whereToLook];
  const suffix = code === '' ? '' : ` (${code})`;
  return new DrainctlError('POOL_UNREACHABLE', `HAProxy at ${address.label} can't be reached: ${reason}${suffix}.`, {
    hint,
    details: { address: address.label, errno: code },
    cause,
  });
}

/** No answer in `timeoutMs`. */
export function timedOut(address: SocketAddress, timeoutMs: number): DrainctlError {
  return new DrainctlError(
    'POOL_UNREACHABLE',
    `HAProxy at ${address.label} did not answer within ${formatDuration(timeoutMs)}.`,
    {
      hint: 'See whether HAProxy is overloaded or its stats socket is full; the pool\'s "timeout" says how long is waited.',
      details: { address: address.label, timeoutMs },
    },
  );
}

/** The connection ended before every command was answered. */
export function cutShort(address: SocketAddress, text: string): DrainctlError {
  const what = text === '' ? 'closed the connection without an answer' : 'stopped in the middle of its answer';
  return new DrainctlError('POOL_UNREACHABLE', `HAProxy at ${address.label} ${what}.`, {
    hint: 'It may be reloading or stopping; see its log. "stats timeout" in haproxy.cfg may be too short.',
    details: { address: address.label, answer: excerpt(text) },
  });
}

/** Something answers there, but not HAProxy's runtime API. */
export function notHaproxy(address: SocketAddress, text: string): DrainctlError {
  return new DrainctlError(
    'POOL_REFUSED',
    `What listens at ${address.label} does not answer as HAProxy's runtime API does: ${quote(text)}.`,
    { hint: whereToLook, details: { address: address.label, answer: excerpt(text) } },
  );
}

/** One command that HAProxy did not carry out, or that had no effect. */
export interface Failure {
  readonly member: string;
  readonly command: string;
  /** What HAProxy printed. */
  readonly text: string;
}

const missingTexts = ['No such server', 'No such backend', "Can't find backend", 'No such proxy'];

/** True for the texts with which HAProxy says that it does not know a backend or a server. */
export function saysMissing(text: string): boolean {
  return missingTexts.some((known) => text.startsWith(known));
}

/**
 * The error for members that HAProxy left as they were; `applied` are those that it did change. Undefined when there
 * are no failures.
 */
export function refusal(
  address: SocketAddress,
  failures: readonly Failure[],
  applied: readonly string[],
): DrainctlError | undefined {
  const [first] = failures;
  if (first === undefined) return undefined;
  const members = failures.map(({ member }) => member);
  const code: ErrorCode = failures.every(({ text }) => saysMissing(text)) ? 'POOL_MEMBER_MISSING' : 'POOL_REFUSED';
  const answer = sentence(first.text);
  const what = saysMissing(first.text) ? `does not know ${first.member}` : `refused "${first.command}"`;
  const done = applied.length === 0 ? '' : ` Done all the same: ${applied.join(', ')}.`;
  const message = `HAProxy at ${address.label} ${what}: ${answer} Left as it was: ${members.join(', ')}.${done}`;
  return new DrainctlError(code, message, {
    hint: hintFor(first.text),
    details: { address: address.label, members, applied, answers: failures.map(({ text }) => excerpt(text)) },
  });
}

/** A {@link Failure} for a server that HAProxy does not know, found before anything was sent for it. */
export function noSuchServer(server: string): Failure {
  return { member: server, command: `show servers state ${server.split('/')[0]}`, text: 'No such server.' };
}

/** The journal holds something else than this driver wrote; nothing was changed. */
export function unreadableBefore(address: SocketAddress, server: string): DrainctlError {
  return new DrainctlError(
    'POOL_REFUSED',
    `${server} at ${address.label} can't be put back: what the journal says of its state before is not readable. Nothing was changed.`,
    {
      hint: `Put it back by hand: set server ${server} state ready.`,
      details: { address: address.label, members: [server] },
    },
  );
}

/** The error for a command about no member in particular, such as `show servers state`. */
export function commandRefused(address: SocketAddress, command: string, text: string): DrainctlError {
  return new DrainctlError('POOL_REFUSED', `HAProxy at ${address.label} refused "${command}": ${sentence(text)}`, {
    hint: hintFor(text),
    details: { address: address.label, command, answer: excerpt(text) },
  });
}

function hintFor(text: string): string {
  if (text.startsWith('Permission denied')) {
    return 'The socket needs "level admin" in haproxy.cfg: stats socket PATH mode 660 level admin.';
  }
  if (saysMissing(text)) {
    return 'Correct "server: BACKEND/SERVER" of the member; "show servers state" on the socket lists what HAProxy knows.';
  }
  if (text.startsWith('Unknown command')) {
    return 'The address must be a "stats socket" of HAProxy, not the master\'s socket (-S), which goes under "master".';
  }
  if (text.startsWith("Require 'backend/server'")) return 'Write the member as "server: BACKEND/SERVER".';
  return "See HAProxy's log and its management guide, section 9.3.";
}

/** The first line of what was printed, ended like a sentence. */
function sentence(text: string): string {
  const line = excerpt(text);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

function quote(text: string): string {
  return `"${excerpt(text)}"`;
}

/** The first line, at most so much of it that a message stays readable, and nothing that a terminal would act on. */
function excerpt(text: string): string {
  const [line = ''] = text.slice(0, 4_096).trim().split('\n');
  const safe = line.replaceAll(/\p{Cc}/gu, ' ').trim();
  return safe.length > 200 ? `${safe.slice(0, 200)}…` : safe;
}

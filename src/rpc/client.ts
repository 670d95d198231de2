import type { IncomingMessage } from 'node:http';
import { DrainctlError } from '../errors.ts';
import { withTimeout } from '../time.ts';
import { readBody } from './body.ts';
import { callDocument } from './call-document.ts';
import { decodeResponse } from './decode.ts';
import { parseEndpoint, type RpcTarget } from './endpoint.ts';
import type { RpcCallOptions, RpcEndpoint, RpcValue } from './rpc.ts';
import { sendRequest } from './send-request.ts';

/** No answer of supervisord comes near this; what is longer is not one. */
const maxReplyBytes = 64 * 2 ** 20;

const emptyReply = Buffer.alloc(0);

/** The longest delay that a timer takes; a longer one would end at once. */
const maxTimeoutMs = 2 ** 31 - 1;

/**
 * Calls a method and waits for its result, over a connection of its own: after an error answer supervisord leaves a
 * kept-alive connection dead.
 *
 * Rejects with the peer's RpcFault, with the signal's reason, or with a DrainctlError: `RPC_UNREACHABLE` (errno in
 * `details.errno`), `RPC_TIMEOUT`, `RPC_PROTOCOL` (an HTTP status other than 200 in `details.status`). After
 * `RPC_TIMEOUT`, an abort or a connection lost half-way, the peer may well carry the call out.
 */
export async function rpcCall(
  endpoint: RpcEndpoint,
  method: string,
  params: readonly RpcValue[],
  { signal, timeoutMs }: RpcCallOptions,
): Promise<RpcValue> {
  const target = parseEndpoint(endpoint);
  const body = Buffer.from(await callDocument(method, params));
  const boundedMs = Math.min(timeoutMs, maxTimeoutMs);
  const reply = await withTimeout(
    boundedMs,
    signal,
    () => timedOut(target, method, boundedMs),
    (signal) => post(target, method, body, signal),
  );
  try {
    return await decodeResponse(reply);
  } catch (error) {
    if (!(error instanceof DrainctlError)) throw error;
    throw protocolError(target, method, `wrongly: ${error.message}`, { cause: error });
  }
}

/** Sends one request and resolves with the text of a 200 answer. */
async function post(target: RpcTarget, method: string, body: Buffer, signal: AbortSignal): Promise<string> {
  let response: IncomingMessage | undefined;
  try {
    response = await sendRequest(target, { method: 'POST', path: target.path, body, signal });
    const reply = response.statusCode === 200 ? await readBody(response, maxReplyBytes) : emptyReply;
    if (reply === undefined) {
      throw protocolError(target, method, `with more than ${maxReplyBytes / 2 ** 20} MiB`);
    }
    if (response.statusCode === 200) return reply.toString('utf8');
  } catch (error) {
    throw error instanceof DrainctlError ? error : connectionError(target, method, error);
  } finally {
    response?.destroy();
  }
  throw statusError(target, method, response);
}

const hints: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such socket: start the program that should listen there, or correct the address.',
  ECONNREFUSED: 'Nothing listens there: start the program that should, or correct the address.',
  EACCES: 'Permission denied: run this as root, or as a user who may use the socket.',
  EPERM: 'Permission denied: run this as root, or as a user who may use the socket.',
  ENOTFOUND: 'The host name is unknown: correct the address.',
  EMFILE:
    'Too many files are open in drainctl itself: raise their limit (minfds of supervisord, LimitNOFILE= of its unit, "ulimit -n").',
  EAGAIN: 'It has too many connections waiting: try again.',
};

const goneHint = 'It may have ended during the call: see its log.';

/** What a failed connection or an answer that is not HTTP means to the caller of `method`. */
export function connectionError(target: RpcTarget, method: string, cause: unknown): DrainctlError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const errno = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (errno.startsWith('HPE_')) return protocolError(target, method, `with what is not HTTP: ${message}`, { cause });
  return new DrainctlError('RPC_UNREACHABLE', `${target.shown} can't be reached for ${method}: ${message}`, {
    hint: hints[errno] ?? goneHint,
    details: { url: target.shown, method, errno },
    cause,
  });
}

function timedOut(target: RpcTarget, method: string, timeoutMs: number): DrainctlError {
  return new DrainctlError('RPC_TIMEOUT', `${target.shown} did not answer ${method} within ${timeoutMs} ms`, {
    hint: 'It may still carry the call out. See whether it hangs: its log, and what it waits for.',
    details: { url: target.shown, method, timeoutMs },
  });
}

function statusError(target: RpcTarget, method: string, response: IncomingMessage): DrainctlError {
  const status = response.statusCode ?? 0;
  return protocolError(target, method, `with HTTP ${status} ${response.statusMessage ?? ''}`.trimEnd(), {
    hint: status === 401 ? 'Correct the user name and password.' : 'See the log of the program that listens there.',
    details: { status },
  });
}

function protocolError(
  target: RpcTarget,
  method: string,
  how: string,
  { hint, details, cause }: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
): DrainctlError {
  return new DrainctlError('RPC_PROTOCOL', `${target.shown} answered ${method} ${how}`, {
    hint: hint ?? 'Check that the address is that of an XML-RPC server.',
    details: { url: target.shown, method, ...details },
    cause,
  });
}

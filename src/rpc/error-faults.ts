import { DrainctlError, type ErrorCode, toDrainctlError } from '../errors.ts';
import { RpcFault } from './rpc.ts';

/**
 * The permanent fault number of every error code, to which 1000 is added to keep clear of supervisord's. A new code
 * takes the next number; the number of a code that has gone is never given to another.
 */
export const errorNumbers: Readonly<Record<ErrorCode, number>> = {
  USAGE: 1,
  CONFIG_UNREADABLE: 2,
  CONFIG_INVALID: 3,
  NO_SUCH_PROCESS: 4,
  SUPERVISOR_UNREACHABLE: 5,
  SUPERVISOR_UNAUTHORIZED: 6,
  SUPERVISOR_SHUTTING_DOWN: 7,
  SUPERVISOR_FAULT: 8,
  RPC_PROTOCOL: 9,
  RPC_FAULT: 10,
  RPC_TIMEOUT: 11,
  RPC_UNREACHABLE: 12,
  POOL_UNREACHABLE: 13,
  POOL_REFUSED: 14,
  POOL_MEMBER_MISSING: 15,
  PROBE_FAILED: 16,
  NOT_READY: 17,
  START_FAILED: 18,
  STOP_FAILED: 19,
  DEADLINE_PASSED: 20,
  CANCELLED: 21,
  RUN_NOT_FOUND: 22,
  JOURNAL_UNREADABLE: 24,
  JOURNAL_NEWER: 25,
  JOURNAL_UNWRITABLE: 26,
  SIDECAR_UNREACHABLE: 27,
  SIDECAR_LOST: 28,
  EVENTS_STOPPED: 29,
  INTERNAL: 30,
  RPC_LISTEN_FAILED: 31,
  SYSTEMD_FAILED: 32,
  SUPERVISOR_CONFIG: 33,
  INSTALL_REFUSED: 34,
  INSTALL_FAILED: 35,
  TOO_FEW_AVAILABLE: 36,
  RUN_INTERRUPTED: 37,
  TOO_MANY_FILES: 38,
  STEP_FAILED: 39,
};

const offset = 1000;

const codes: ReadonlyMap<number, ErrorCode> = new Map(
  // Object.entries widens the keys of a Record to string.
  (Object.entries(errorNumbers) as [ErrorCode, number][]).map(([code, number]) => [offset + number, code]),
);

/**
 * The fault that carries an error to a client: `CODE: message`, and the hint from the next line on. Further lines of
 * the message are indented by one space, which tells them from the hint. Details do not travel.
 */
export function faultOf(error: DrainctlError): RpcFault {
  const message = error.message.replaceAll('\n', '\n ');
  const hint = error.hint === '' ? '' : `\n${error.hint.trimStart()}`;
  return new RpcFault(offset + errorNumbers[error.code], `${error.code}: ${message}${hint}`);
}

/** The error that a fault carries; undefined where it is not one of ours, or from a newer drainctl. */
export function errorOf(fault: RpcFault): DrainctlError | undefined {
  const code = codes.get(fault.faultCode);
  if (code === undefined || !fault.message.startsWith(`${code}: `)) return undefined;
  const text = fault.message.slice(code.length + 2);
  const end = /\n(?! )/.exec(text)?.index ?? text.length;
  const message = text.slice(0, end).replaceAll('\n ', '\n');
  return new DrainctlError(code, message, { hint: text.slice(end + 1), cause: fault });
}

/** Anything that a method throws as the fault to answer with; what is no error of ours is a bug, `INTERNAL`. */
export function toFault(thrown: unknown): RpcFault {
  return thrown instanceof RpcFault ? thrown : faultOf(toDrainctlError(thrown));
}

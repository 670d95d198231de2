import { DrainctlError, isDrainctlError } from '../errors.ts';
import { RpcFault } from '../rpc/rpc.ts';
import { supervisorctlDefault, usualSockets } from './address.ts';
import { supervisorFaults } from './faults.ts';

/** The call that failed. */
export interface FailedCall {
  /** supervisord's address, without a password. */
  readonly url: string;
  readonly method: string;
  /** The process it was about, if any. */
  readonly process?: string;
}

/**
 * What a failed call to supervisord means to the operator. What is no failure of a call (the reason of an abort, a
 * reply of another shape) stays what it is.
 */
export function supervisorError(call: FailedCall, error: unknown): unknown {
  if (error instanceof RpcFault) return faultError(call, error);
  if (!(error instanceof DrainctlError)) return error;
  switch (error.code) {
    case 'RPC_UNREACHABLE':
      return unreachable(call, error, unreachableHint(call, error));
    case 'RPC_TIMEOUT':
      return unreachable(call, error, 'It is busy or hangs: see its log, and what its process is doing.');
    case 'RPC_PROTOCOL':
      return statusError(call, error);
    default:
      return error;
  }
}

const notThere =
  'Either supervisord does not run (`systemctl status supervisor`), or it listens elsewhere: ' +
  'see [unix_http_server] in its configuration, and set supervisor.url.';
const forbidden =
  'Run this as root, or as a user who may use the socket (chmod and chown in [unix_http_server] of its configuration).';

/** Nobody has named that address: it is asked last, and mostly for nothing. */
const nowhere =
  `None of the usual sockets is there, such as ${usualSockets[0]}, so supervisorctl's own default was asked. ` +
  'Either supervisord does not run (`systemctl status supervisor`), or it listens elsewhere: set supervisor.url.';

const unreachableHints: Readonly<Record<string, string>> = {
  ENOENT: notThere,
  ECONNREFUSED: notThere,
  EACCES: forbidden,
  EPERM: forbidden,
  ECONNRESET: 'It ended during the call: see its log.',
};

function unreachableHint({ url }: FailedCall, { details, hint }: DrainctlError): string {
  const known = unreachableHints[String(details['errno'])] ?? hint;
  return known === notThere && url === supervisorctlDefault ? nowhere : known;
}

function unreachable(call: FailedCall, cause: DrainctlError, hint: string): DrainctlError {
  return new DrainctlError('SUPERVISOR_UNREACHABLE', `supervisord: ${cause.message}`, {
    hint,
    details: { ...cause.details, ...call },
    cause,
  });
}

function statusError(call: FailedCall, cause: DrainctlError): DrainctlError {
  const { status } = cause.details;
  if (status === 401) {
    return new DrainctlError(
      'SUPERVISOR_UNAUTHORIZED',
      `supervisord at ${call.url} refused the user name or password`,
      {
        hint: 'Set supervisor.username and supervisor.password (or password_file) to what its configuration says.',
        details: { ...call },
        cause,
      },
    );
  }
  if (status !== 500) return cause;
  return new DrainctlError('RPC_PROTOCOL', `supervisord at ${call.url} failed while it answered ${call.method}`, {
    hint:
      'Its log may tell why. Known reasons: a number over 2147483647 in its configuration, such as ' +
      'stdout_logfile_maxbytes=2GB, and a log that is not UTF-8.',
    details: { ...cause.details, ...call },
    cause,
  });
}

function faultError(call: FailedCall, fault: RpcFault): DrainctlError {
  const details = { ...call, fault: fault.faultCode };
  const target = call.process ?? call.method;
  switch (fault.faultCode) {
    case supervisorFaults.SHUTDOWN_STATE:
      return new DrainctlError(
        'SUPERVISOR_SHUTTING_DOWN',
        `supervisord is shutting down or reloading and refused ${call.method}`,
        { hint: 'Wait until it has ended, or runs again.', details, cause: fault },
      );
    case supervisorFaults.BAD_NAME:
      return new DrainctlError('NO_SUCH_PROCESS', `supervisord has no process ${target}`, {
        hint: '`supervisorctl status` lists the names. After a change of its configuration: `supervisorctl update`.',
        details,
        cause: fault,
      });
    default:
      return new DrainctlError(
        'SUPERVISOR_FAULT',
        `supervisord refused ${call.method}${call.process === undefined ? '' : ` of ${call.process}`}: ${fault.message}`,
        { hint: 'See its log: `supervisorctl maintail`.', details, cause: fault },
      );
  }
}

const startHints: ReadonlyMap<number, string> = new Map([
  [
    supervisorFaults.NO_FILE,
    'Its command names a file that does not exist: correct `command`, or install the program.',
  ],
  [supervisorFaults.NOT_EXECUTABLE, "Its command can't be executed: see the file's mode and owner."],
  [supervisorFaults.FAILED, 'Its state is unknown to supervisord: see its log.'],
  [supervisorFaults.ABNORMAL_TERMINATION, 'It ended at once: see its own log.'],
  [supervisorFaults.SPAWN_ERROR, "It could not be spawned: see supervisord's log (user, directory, log files)."],
]);

/** A fault of `startProcess` that is about the process itself; undefined for any other failure. */
export function startError(name: string, error: unknown): DrainctlError | undefined {
  const hint = error instanceof RpcFault ? startHints.get(error.faultCode) : undefined;
  if (!(error instanceof RpcFault) || hint === undefined) return undefined;
  return new DrainctlError('START_FAILED', `supervisord could not start ${name}: ${error.message}`, {
    hint,
    details: { process: name, fault: error.faultCode },
    cause: error,
  });
}

/** A `stopProcess` that failed or did not end in time; undefined for any other failure. */
export function stopError(name: string, timeoutMs: number, error: unknown): DrainctlError | undefined {
  if (isDrainctlError(error, 'RPC_TIMEOUT')) {
    return new DrainctlError('STOP_FAILED', `${name} did not stop within ${timeoutMs} ms; supervisord goes on trying`, {
      hint: 'It has had its signal. supervisord sends SIGKILL after its stopwaitsecs; see what it waits for.',
      details: { process: name, timeoutMs },
      cause: error,
    });
  }
  if (!(error instanceof RpcFault) || error.faultCode !== supervisorFaults.FAILED) return undefined;
  return new DrainctlError('STOP_FAILED', `supervisord could not stop ${name}: ${error.message}`, {
    hint: 'See its log: `supervisorctl maintail`.',
    details: { process: name, fault: error.faultCode },
    cause: error,
  });
}

import type {
  DrainApi,
  PlanDocument,
  RunAction,
  RunDocument,
  RunOptions,
  StatusDocument,
  VersionDocument,
  WaitDocument,
} from '../drain/api.ts';
import { DrainctlError, isDrainctlError } from '../errors.ts';
import { rpcCall } from '../rpc/client.ts';
import { errorOf } from '../rpc/error-faults.ts';
import { RpcFault, type RpcStruct, type RpcValue } from '../rpc/rpc.ts';

const callTimeoutMs = 15_000;

/** Errors that tell of the way to the sidecar, not of what it did. */
const transportErrors = ['RPC_UNREACHABLE', 'RPC_TIMEOUT', 'RPC_PROTOCOL'] as const;

/**
 * The engine of the sidecar, asked over its socket. Rejects with `SIDECAR_UNREACHABLE` where nobody answers there, and
 * with the sidecar's own errors otherwise.
 */
export class SidecarClient implements DrainApi {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  async getVersion(): Promise<VersionDocument> {
    return this.#call('drain.getVersion', [], 5_000);
  }

  async getStatus(): Promise<StatusDocument> {
    return this.#call('drain.getStatus', []);
  }

  async getPlan(action: RunAction, names: readonly string[], options: RunOptions): Promise<PlanDocument> {
    return this.#call('drain.getPlan', [action, names, writeOptions(options)]);
  }

  async getHistory(limit: number): Promise<readonly RunDocument[]> {
    return this.#call('drain.getHistory', [limit]);
  }

  async start(action: RunAction, names: readonly string[], options: RunOptions): Promise<string> {
    return this.#call('drain.start', [action, names, writeOptions(options)]);
  }

  async wait(runId: string, since: number, timeoutMs: number): Promise<WaitDocument> {
    return this.#call('drain.wait', [runId, since, timeoutMs / 1_000], timeoutMs + callTimeoutMs);
  }

  async cancel(runId: string): Promise<boolean> {
    return this.#call('drain.cancel', [runId]);
  }

  async #call<T>(method: string, params: readonly RpcValue[], timeoutMs = callTimeoutMs): Promise<T> {
    try {
      // as: the documents are the sidecar's own, of the package that this command is part of
      return (await rpcCall({ url: `unix://${this.#socket}` }, method, params, { timeoutMs })) as T;
    } catch (error) {
      if (error instanceof RpcFault) throw errorOf(error) ?? unknownFault(error, method);
      if (!transportErrors.some((code) => isDrainctlError(error, code))) throw error;
      throw unreachable(this.#socket, error);
    }
  }
}

/** Such as fault 1 for a method that an earlier or later sidecar does not have. */
function unknownFault(fault: RpcFault, method: string): DrainctlError {
  return new DrainctlError(
    'RPC_FAULT',
    `The sidecar answered ${method} with fault ${fault.faultCode}: ${fault.message}`,
    {
      hint: 'Restart the sidecar, so that it is of the same version as this command: "supervisorctl restart drain".',
      cause: fault,
    },
  );
}

function unreachable(socket: string, cause: unknown): DrainctlError {
  const errno = cause instanceof DrainctlError ? cause.details['errno'] : undefined;
  const why = cause instanceof Error ? cause.message : String(cause);
  const hint =
    errno === 'EACCES'
      ? `Run this as root, or set sidecar.socket_mode so that you may open ${socket}.`
      : 'See whether the listener runs: "supervisorctl status drain". A run without a sidecar ends with Ctrl-C, where it runs.';
  return new DrainctlError('SIDECAR_UNREACHABLE', `The sidecar did not answer at ${socket}: ${why}`, {
    hint,
    details: { socket, errno, hangs: isDrainctlError(cause, 'RPC_TIMEOUT') },
    cause,
  });
}

function writeOptions(options: RunOptions): RpcStruct {
  const { deadlineMs, holdForMs, reason, force, forget, keepSupervisord, occasion } = options;
  return {
    ...(deadlineMs === undefined ? {} : { deadline: `${deadlineMs}ms` }),
    ...(holdForMs === undefined ? {} : { for: `${holdForMs}ms` }),
    ...(reason === undefined ? {} : { reason }),
    ...(force === undefined ? {} : { force }),
    ...(forget === undefined ? {} : { forget }),
    ...(keepSupervisord === undefined ? {} : { keep_supervisord: keepSupervisord }),
    ...(occasion === undefined ? {} : { occasion }),
  };
}

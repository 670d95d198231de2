import { DrainctlError } from '../errors.ts';
import { rpcCall } from '../rpc/client.ts';
import { parseEndpoint } from '../rpc/endpoint.ts';
import type { RpcEndpoint, RpcValue } from '../rpc/rpc.ts';
import { supervisorError } from './call-errors.ts';
import { isSupervisorFault, type SupervisorFault } from './faults.ts';

/** The calls that change which groups a supervisord has. Each touches the group that it names and no other. http://supervisord.org/api.html */
export interface ProcessGroups {
  /**
   * Has supervisord read its files; no group changes by it. `SUPERVISOR_CONFIG` where it refuses them: it then goes on
   * with what it had.
   */
  reread(signal?: AbortSignal): Promise<void>;
  /** Adds a group by what was read last, and starts what is to start by itself. One that is there is no error. */
  add(group: string, signal?: AbortSignal): Promise<void>;
  /** Stops all of a group and waits, at most `timeoutMs`. */
  stop(group: string, timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** Removes a stopped group. One that is not there is no error. */
  remove(group: string, signal?: AbortSignal): Promise<void>;
}

const callTimeoutMs = 10_000;

/** The groups of the supervisord at `endpoint`. */
export function createProcessGroups(endpoint: RpcEndpoint): ProcessGroups {
  const call = async (name: string, params: readonly RpcValue[], how: CallDetails): Promise<void> => {
    const method = `supervisor.${name}`;
    try {
      await rpcCall(endpoint, method, params, { signal: how.signal, timeoutMs: how.timeoutMs ?? callTimeoutMs });
    } catch (error) {
      if (how.tolerated !== undefined && isSupervisorFault(error, how.tolerated)) return;
      if (isSupervisorFault(error, 'CANT_REREAD')) throw cannotReread(error.message, error);
      throw supervisorError({ url: parseEndpoint(endpoint).shown, method, ...how.about }, error);
    }
  };
  return {
    reread: (signal) => call('reloadConfig', [], { signal }),
    add: (group, signal) =>
      call('addProcessGroup', [group], { signal, about: { process: group }, tolerated: 'ALREADY_ADDED' }),
    stop: (group, timeoutMs, signal) =>
      call('stopProcessGroup', [group, true], { signal, timeoutMs, about: { process: group }, tolerated: 'BAD_NAME' }),
    remove: (group, signal) =>
      call('removeProcessGroup', [group], { signal, about: { process: group }, tolerated: 'BAD_NAME' }),
  };
}

interface CallDetails {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs?: number;
  readonly about?: { readonly process: string };
  readonly tolerated?: SupervisorFault;
}

function cannotReread(message: string, cause: unknown): DrainctlError {
  return new DrainctlError('SUPERVISOR_CONFIG', `supervisord refuses its configuration: ${message}`, {
    hint: 'Correct what it names. `supervisorctl reread` tells whether it is right.',
    cause,
  });
}

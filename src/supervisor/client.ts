import { DrainctlError } from '../errors.ts';
import { rpcCall } from '../rpc/client.ts';
import { parseEndpoint } from '../rpc/endpoint.ts';
import type { RpcEndpoint, RpcValue } from '../rpc/rpc.ts';
import { Deadline, sleep } from '../time.ts';
import { startError, stopError, supervisorError } from './call-errors.ts';
import { isSupervisorFault, type SupervisorFault } from './faults.ts';
import type { ProcessName } from './process.ts';
import { readArray, readInt, readProcessConfig, readProcessInfo, readSupervisorState, readText } from './replies.ts';
import type { Supervisor } from './supervisor.ts';

const defaultCallTimeoutMs = 10_000;

/** How much longer than the stop itself its answer may take: supervisord looks for ended processes once a second. */
const stopMarginMs = 2_000;

/** How often a process that is stopping already is looked at. */
const stoppingPollMs = 100;

/** How a {@link Supervisor} calls. */
export interface SupervisorOptions {
  /** For every call but a stop, which has a time of its own. Default 10,000. */
  readonly callTimeoutMs?: number;
}

/** Talks to the supervisord at `endpoint`, over XML-RPC. http://supervisord.org/api.html */
export function createSupervisor(endpoint: RpcEndpoint, options: SupervisorOptions = {}): Supervisor {
  const { callTimeoutMs = defaultCallTimeoutMs } = options;
  const url = shownUrl(endpoint);

  /** One call, its failure told by `explain`, else in general. `tolerated` faults are no failure. */
  async function call<T>(name: string, signal: AbortSignal | undefined, how: CallDetails<T>): Promise<T> {
    const { params = [], timeoutMs = callTimeoutMs, process, tolerated, explain, read } = how;
    const method = `supervisor.${name}`;
    try {
      return read(method, await rpcCall(endpoint, method, params, { signal, timeoutMs }));
    } catch (error) {
      if (tolerated !== undefined && isSupervisorFault(error, tolerated.fault)) return tolerated.result;
      throw explain?.(error) ?? supervisorError({ url, method, ...(process === undefined ? {} : { process }) }, error);
    }
  }

  async function waitWhileStopping(name: ProcessName, deadline: Deadline, signal?: AbortSignal): Promise<void> {
    while ((await supervisor.getProcessInfo(name, signal)).state === 'STOPPING') {
      if (deadline.passed) throw notStopped(name, deadline.ms);
      await sleep(stoppingPollMs, signal);
    }
  }

  const supervisor: Supervisor = {
    url,
    getState: (signal) => call('getState', signal, { read: readSupervisorState }),
    getVersion: (signal) => call('getSupervisorVersion', signal, { read: readText }),
    getPid: (signal) => call('getPID', signal, { read: readInt }),
    getAllProcessInfo: (signal) =>
      call('getAllProcessInfo', signal, { read: (method, reply) => readArray(method, reply, readProcessInfo) }),
    getProcessInfo: (name, signal) =>
      call('getProcessInfo', signal, { params: [name], process: name, read: readProcessInfo }),
    getAllConfigInfo: (signal) =>
      call('getAllConfigInfo', signal, { read: (method, reply) => readArray(method, reply, readProcessConfig) }),

    async stopProcess(name, timeoutMs, signal) {
      const deadline = new Deadline(timeoutMs + stopMarginMs);
      const outcome = await call<'stopped' | 'not running'>('stopProcess', signal, {
        params: [name, true],
        timeoutMs: deadline.ms,
        process: name,
        tolerated: { fault: 'NOT_RUNNING', result: 'not running' },
        explain: (error) => stopError(name, deadline.ms, error),
        read: () => 'stopped',
      });
      // Somebody else's stop is under way: supervisord calls that "not running" as well.
      if (outcome === 'not running') await waitWhileStopping(name, deadline, signal);
    },

    startProcess: (name, signal) =>
      call<void>('startProcess', signal, {
        params: [name, false],
        process: name,
        tolerated: { fault: 'ALREADY_STARTED', result: undefined },
        explain: (error) => startError(name, error),
        read: () => {},
      }),

    signalProcess: (name, signalName, signal) =>
      call<void>('signalProcess', signal, {
        params: [name, signalName],
        process: name,
        tolerated: { fault: 'NOT_RUNNING', result: undefined },
        read: () => {},
      }),

    shutdown: (signal) => call<void>('shutdown', signal, alreadyEnding),
    restart: (signal) => call<void>('restart', signal, alreadyEnding),
  };
  return supervisor;
}

/** One that is ending already is told nothing new. */
const alreadyEnding: CallDetails<void> = {
  tolerated: { fault: 'SHUTDOWN_STATE', result: undefined },
  read: () => {},
};

interface CallDetails<T> {
  readonly params?: readonly RpcValue[];
  readonly timeoutMs?: number;
  readonly process?: ProcessName;
  readonly tolerated?: { readonly fault: SupervisorFault; readonly result: T };
  readonly explain?: (error: unknown) => DrainctlError | undefined;
  readonly read: (method: string, reply: RpcValue) => T;
}

/** The address without a password. One that is wrong is told by the first call, like one where nobody answers. */
function shownUrl(endpoint: RpcEndpoint): string {
  try {
    return parseEndpoint(endpoint).shown;
  } catch (error) {
    if (error instanceof DrainctlError) return String(error.details['url']);
    throw error;
  }
}

function notStopped(name: ProcessName, timeoutMs: number): DrainctlError {
  return new DrainctlError('STOP_FAILED', `${name} was being stopped already and did not end within ${timeoutMs} ms`, {
    hint: 'supervisord sends SIGKILL after its stopwaitsecs; see what it waits for.',
    details: { process: name, timeoutMs },
  });
}

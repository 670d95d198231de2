import type { ProcessConfig, ProcessInfo, ProcessName } from './process.ts';

/** supervisord's own state (`getState`). http://supervisord.org/api.html */
export type SupervisorState = 'FATAL' | 'RUNNING' | 'RESTARTING' | 'SHUTDOWN';

/**
 * The calls to supervisord that drainctl makes. Each rejects with a DrainctlError: `SUPERVISOR_UNREACHABLE`,
 * `SUPERVISOR_UNAUTHORIZED`, `SUPERVISOR_SHUTTING_DOWN` (fault 6), `NO_SUCH_PROCESS` (fault 10) or
 * `SUPERVISOR_FAULT` (any other fault, its number in `details.fault`).
 */
export interface Supervisor {
  /** The address, without a password, for messages. */
  readonly url: string;
  getState(signal?: AbortSignal): Promise<SupervisorState>;
  getVersion(signal?: AbortSignal): Promise<string>;
  getPid(signal?: AbortSignal): Promise<number>;
  getAllProcessInfo(signal?: AbortSignal): Promise<ProcessInfo[]>;
  getProcessInfo(name: ProcessName, signal?: AbortSignal): Promise<ProcessInfo>;
  getAllConfigInfo(signal?: AbortSignal): Promise<ProcessConfig[]>;
  /** Stops and waits until it has stopped, at most `timeoutMs`. A process that does not run is no error. Abort does not undo the stop. */
  stopProcess(name: ProcessName, timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** Asks for the start and returns at once; one that is started already is no error. `START_FAILED` for a missing or forbidden file. */
  startProcess(name: ProcessName, signal?: AbortSignal): Promise<void>;
  /** Sends a signal by its name, such as `KILL`. A process that does not run is no error. */
  signalProcess(name: ProcessName, signalName: string, signal?: AbortSignal): Promise<void>;
  /** Ends supervisord; returns before anything has stopped. One that is shutting down already is no error. */
  shutdown(signal?: AbortSignal): Promise<void>;
  /** Has supervisord stop everything, read its configuration anew, and start again; otherwise as {@link shutdown}. */
  restart(signal?: AbortSignal): Promise<void>;
}

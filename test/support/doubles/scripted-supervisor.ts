import { DrainctlError } from '../../../src/errors.ts';
import type { ProcessConfig, ProcessInfo, ProcessName, ProcessState } from '../../../src/supervisor/process.ts';
import type { Supervisor, SupervisorState } from '../../../src/supervisor/supervisor.ts';
import { processConfig, processInfo } from './processes.ts';
import type { Script } from './script.ts';

type Method = Exclude<keyof Supervisor, 'url'>;

/** A supervisord in memory: starts and stops are done at once, except as its scripts say. */
export class ScriptedSupervisor implements Supervisor {
  readonly url = 'unix:///scripted/supervisor.sock';
  readonly processes: Map<ProcessName, ProcessInfo>;
  readonly configs: Map<ProcessName, ProcessConfig>;
  /** Gets a line for each call that changes something: `stop web:web_00`. */
  readonly calls: string[];
  /** Run before the call does its work. */
  readonly scripts: Partial<Record<Method, Script>> = {};
  /** What a started process becomes. */
  stateAfterStart: ProcessState = 'RUNNING';
  state: SupervisorState = 'RUNNING';

  constructor(names: readonly ProcessName[], calls: string[] = []) {
    this.processes = new Map(names.map((name) => [name, processInfo(name)]));
    this.configs = new Map(names.map((name) => [name, processConfig(name)]));
    this.calls = calls;
  }

  async getState(signal?: AbortSignal): Promise<SupervisorState> {
    await this.#play('getState', '', signal);
    return this.state;
  }

  async getVersion(signal?: AbortSignal): Promise<string> {
    await this.#play('getVersion', '', signal);
    return '4.2.5';
  }

  async getPid(signal?: AbortSignal): Promise<number> {
    await this.#play('getPid', '', signal);
    return process.pid;
  }

  async getAllProcessInfo(signal?: AbortSignal): Promise<ProcessInfo[]> {
    await this.#play('getAllProcessInfo', '', signal);
    return [...this.processes.values()];
  }

  async getProcessInfo(name: ProcessName, signal?: AbortSignal): Promise<ProcessInfo> {
    await this.#play('getProcessInfo', name, signal);
    return this.#info(name);
  }

  async getAllConfigInfo(signal?: AbortSignal): Promise<ProcessConfig[]> {
    await this.#play('getAllConfigInfo', '', signal);
    return [...this.configs.values()];
  }

  async stopProcess(name: ProcessName, _timeoutMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.calls.push(`stop ${name}`);
    await this.#play('stopProcess', name, signal);
    this.become(name, 'STOPPED');
  }

  async startProcess(name: ProcessName, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.calls.push(`start ${name}`);
    await this.#play('startProcess', name, signal);
    this.become(name, this.stateAfterStart);
  }

  async signalProcess(name: ProcessName, signalName: string, signal?: AbortSignal): Promise<void> {
    this.calls.push(`signal ${signalName} ${name}`);
    await this.#play('signalProcess', name, signal);
  }

  async shutdown(signal?: AbortSignal): Promise<void> {
    this.calls.push('shutdown');
    await this.#play('shutdown', '', signal);
    this.state = 'SHUTDOWN';
  }

  async restart(signal?: AbortSignal): Promise<void> {
    this.calls.push('restart');
    await this.#play('restart', '', signal);
    this.state = 'RESTARTING';
  }

  /** Changes the state of a process as supervisord would. */
  become(name: ProcessName, state: ProcessState): void {
    this.processes.set(name, processInfo(name, state));
  }

  #info(name: ProcessName): ProcessInfo {
    const info = this.processes.get(name);
    if (info === undefined) throw new DrainctlError('NO_SUCH_PROCESS', `the scripted supervisord has no ${name}`);
    return info;
  }

  async #play(method: Method, subject: string, signal = new AbortController().signal): Promise<void> {
    signal.throwIfAborted();
    await this.scripts[method]?.(subject, signal);
  }
}

/** Fails as supervisord does in a shutdown: fault 6. */
export const shuttingDown: Script = () => {
  throw new DrainctlError('SUPERVISOR_SHUTTING_DOWN', 'the scripted supervisord is shutting down');
};

/** `group:name`, as supervisord names a process. */
export type ProcessName = string;

/** The states of a process, by supervisord's own names. http://supervisord.org/subprocess.html#process-states */
export const processStates = {
  STOPPED: 0,
  STARTING: 10,
  RUNNING: 20,
  BACKOFF: 30,
  STOPPING: 40,
  EXITED: 100,
  FATAL: 200,
  UNKNOWN: 1000,
} as const;

/** One of supervisord's process states. */
export type ProcessState = keyof typeof processStates;

/** What supervisord tells of one process. http://supervisord.org/api.html#supervisor.rpcinterface.SupervisorNamespaceRPCInterface.getProcessInfo */
export interface ProcessInfo {
  readonly fullName: ProcessName;
  readonly group: string;
  readonly name: string;
  readonly state: ProcessState;
  /** 0 when it does not run. */
  readonly pid: number;
  /** When it was last started, seconds since 1970 by supervisord's clock; 0 for never. */
  readonly startedAtS: number;
  readonly stoppedAtS: number;
  readonly nowS: number;
  readonly exitStatus: number;
  readonly spawnError: string;
  /** As supervisorctl shows it: `pid 4711, uptime 0:01:12`. */
  readonly description: string;
}

/** What supervisord's configuration says of one process (`getAllConfigInfo`). */
export interface ProcessConfig {
  readonly fullName: ProcessName;
  readonly group: string;
  readonly name: string;
  readonly groupPriority: number;
  readonly processPriority: number;
  readonly command: string;
  readonly autostart: boolean;
  readonly startSecs: number;
  readonly stopWaitSecs: number;
  readonly stopSignal: number;
}

/** True while there is a process that may have work in flight. */
export function isAlive(state: ProcessState): boolean {
  return state === 'STARTING' || state === 'RUNNING' || state === 'STOPPING';
}

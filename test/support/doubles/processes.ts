import { isAlive, type ProcessConfig, type ProcessInfo, type ProcessState } from '../../../src/supervisor/process.ts';

/** When scripted processes were started: 2023-11-14T22:13:20Z, in seconds. */
export const startedAtS = 1_700_000_000;

/** What a supervisord would tell of a process. One that lives has our own pid, which the kernel knows. */
export function processInfo(fullName: string, state: ProcessState = 'RUNNING'): ProcessInfo {
  const [group = '', name = ''] = fullName.split(':');
  return {
    fullName,
    group,
    name,
    state,
    pid: isAlive(state) ? process.pid : 0,
    startedAtS,
    stoppedAtS: isAlive(state) ? 0 : startedAtS + 60,
    nowS: startedAtS + 100,
    exitStatus: 0,
    spawnError: '',
    description: '',
  };
}

/** What a supervisord's configuration would say of a process: its defaults, but for what is given. */
export function processConfig(fullName: string, given: Partial<ProcessConfig> = {}): ProcessConfig {
  const [group = '', name = ''] = fullName.split(':');
  return {
    fullName,
    group,
    name,
    groupPriority: 999,
    processPriority: 999,
    command: `/usr/bin/${name}`,
    autostart: true,
    startSecs: 1,
    stopWaitSecs: 10,
    stopSignal: 15,
    ...given,
  };
}

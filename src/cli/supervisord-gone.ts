import { isOurselves } from '../drain/self.ts';
import { isDrainctlError } from '../errors.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { Deadline, sleep } from '../time.ts';

const pollMs = 25;
const askTimeoutMs = 1_000;
const marginMs = 30_000;

/** How long the gate may take where nobody can tell: supervisord itself limits it by the listener's stopwaitsecs. */
const longestGateMs = 3_600_000;

/** supervisord while it is stopping. */
export interface Supervisord {
  /** 0 where it was not told any more. */
  readonly pid: number;
  /** True where it was stopping already when it was first asked. */
  readonly isStopping: boolean;
  /** True once it has ended; false when that took longer than it may take to stop what it runs. */
  gone(): Promise<boolean>;
}

/** Remembers, while supervisord still answers, what it takes to see that it has ended. */
export async function observeSupervisord(supervisor: Supervisor): Promise<Supervisord> {
  try {
    const [pid, configs] = await Promise.all([supervisor.getPid(), supervisor.getAllConfigInfo()]);
    const stopped = configs.filter((config) => !isOurselves(config));
    const longestMs = stopped.reduce((sum, config) => sum + config.stopWaitSecs * 1_000, marginMs);
    return { pid, isStopping: false, gone: () => waitUntilGone(supervisor, pid, new Deadline(longestMs)) };
  } catch (error) {
    if (!isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN')) throw error;
    return { pid: 0, isStopping: true, gone: () => waitUntilGone(supervisor, 0, new Deadline(longestGateMs)) };
  }
}

async function waitUntilGone(supervisor: Supervisor, pid: number, deadline: Deadline): Promise<boolean> {
  while (!(await isGone(supervisor, pid))) {
    if (deadline.passed) return false;
    await sleep(pollMs);
  }
  return true;
}

/** Its socket closes a little before the process ends; a process of that id on another host can't be seen. */
async function isGone(supervisor: Supervisor, pid: number): Promise<boolean> {
  try {
    await supervisor.getState(AbortSignal.timeout(askTimeoutMs));
    return false;
  } catch (error) {
    const refused = isDrainctlError(error, 'SUPERVISOR_UNREACHABLE') && error.details['errno'] !== undefined;
    return refused && !(pid > 0 && supervisor.url.startsWith('unix:') && processExists(pid));
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // as: what kill() throws
  }
}

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startStack } from '../../test/support/stack.ts';
import type { Figure } from '../figure.ts';

const seconds = 60;
/** Until what the start left behind is done with: compiling, garbage. */
const settleMs = 5_000;
const cpuPercent = 0.5;
const memoryMb = 70;

/** The unit of CPU times in /proc: 1/100 s for every program on Linux. proc(5), USER_HZ */
const ticksPerSecond = 100;

/** What the sidecar costs a machine where nothing happens. */
export const idleSidecar: Figure = {
  name: 'idle-sidecar',
  summary: `CPU and memory of an idle sidecar over ${seconds} s, 4 processes and HAProxy`,
  async measure() {
    const stack = await startStack();
    const { stdout } = await stack.supervisord.ctl(['pid', 'drain']);
    const pid = Number(stdout);
    await delay(settleMs);
    const [cpuBefore, startedAt] = [cpuSeconds(pid), performance.now()];
    await delay(seconds * 1_000);
    const measured = (100 * (cpuSeconds(pid) - cpuBefore)) / ((performance.now() - startedAt) / 1_000);
    return [
      { what: 'CPU of an idle sidecar', measured, unit: '%', bar: { rule: 'under', atMost: cpuPercent } },
      {
        what: 'memory of an idle sidecar (RSS)',
        measured: memory(pid, 'VmRSS'),
        unit: 'MB',
        bar: { rule: 'at most', atMost: memoryMb },
      },
      { what: '  the most that it ever was', measured: memory(pid, 'VmHWM'), unit: 'MB' },
    ];
  },
};

/** User and system time of all threads. The name, in parentheses, may hold spaces; after it stands field 3. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[14 - 3], fields[15 - 3]];
  return (Number(user) + Number(system)) / ticksPerSecond;
}

/** A line of /proc/PID/status, which has kB and means 1,024 bytes, in MB of 1,000,000 bytes. */
function memory(pid: number, key: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const line = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status);
  return (Number(line?.[1]) * 1_024) / 1e6;
}

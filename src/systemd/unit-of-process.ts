import { readFileSync } from 'node:fs';
import { unitOfCgroup } from './service-context.ts';
import type { Unit } from './systemctl.ts';

/**
 * True where a unit runs a process of this machine: as its main process, or in its control group. True also where that
 * can't be told.
 *
 * @param cgroup what /proc/PID/cgroup holds; '' where it can't be read
 */
export function runsProcess({ name, properties }: Unit, pid: number, cgroup: string = cgroupOf(pid)): boolean {
  // By an alias systemd tells of the unit itself, and the control group has that one's name.
  return (
    cgroup === '' ||
    properties.get('MainPID') === String(pid) ||
    unitOfCgroup(cgroup) === (properties.get('Id') || name)
  );
}

function cgroupOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return '';
  }
}

import { readFileSync } from 'node:fs';

/**
 * When a process was started, in ticks of the kernel's clock: with its pid it tells one process from any later one, also
 * of another boot. Undefined where there is no such process, or it is hidden. proc(5), /proc/pid/stat, field 22; the name
 * in the second may hold anything.
 */
export function startTimeOf(pid: number): string | undefined {
  if (pid <= 0) return undefined;
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}

import { readFileSync } from 'node:fs';

/**
 * What tells this boot from every other, and this container from an earlier one on the same kernel: random(4)'s boot id,
 * and when process 1 was started. Undefined where the kernel does not tell; then nobody knows.
 */
export function currentBoot(): string | undefined {
  try {
    const id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${id} ${startTimeOf(1)}`;
  } catch {
    return undefined;
  }
}

/** In ticks of the clock since the boot. proc(5), /proc/pid/stat, field 22; the name in the second may hold anything. */
function startTimeOf(pid: number): string {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const startTime = fields[19];
  if (startTime === undefined) throw new Error(`/proc/${pid}/stat can't be read`);
  return startTime;
}

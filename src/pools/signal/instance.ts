import { readFile } from 'node:fs/promises';
import { signalNumber } from '../../signal-name.ts';

/** One start of a process: another with the same pid is another. */
export interface Instance {
  readonly pid: number;
  /** Clock ticks from the boot to its start; undefined: not on this machine, or hidden. */
  readonly startTicks: number | undefined;
  /** The same in milliseconds since 1970, by the clock as it is set now. */
  readonly startedAtMs: number | undefined;
}

/** True for one and the same start. Where the kernel does not tell, the pid decides. */
export function isSameInstance(one: Instance, other: Instance): boolean {
  return one.pid === other.pid && one.startTicks === other.startTicks;
}

/** Linux's USER_HZ, in which /proc counts time on every architecture that Node runs on. time(7) */
const ticksPerSecond = 100;

/** Looks into /proc for a process that runs. */
export async function readInstance(pid: number): Promise<Instance> {
  const [stat, system] = await Promise.all([readProc(`${pid}/stat`), readProc('stat')]);
  // Field 22 of proc(5); what follows the name in parentheses begins with field 3.
  const ticks = Number(stat?.replace(/^.*\) /s, '').split(' ')[19]);
  const bootedAtS = Number(/^btime (\d+)$/m.exec(system ?? '')?.[1]);
  return { pid, startTicks: known(ticks), startedAtMs: known((bootedAtS + ticks / ticksPerSecond) * 1_000) };
}

/** What becomes of a process that gets a signal; undefined: the kernel does not tell us. */
export type Handling = 'caught' | 'ignored' | 'default';

/** Reads from the masks in /proc what the process does with a signal such as `TSTP`. proc(5), SigCgt and SigIgn */
export async function readHandling(pid: number, signalName: string): Promise<Handling | undefined> {
  return handlingOf((await readProc(`${pid}/status`)) ?? '', signalName);
}

/** {@link readHandling} of the text of `/proc/PID/status`. */
export function handlingOf(status: string, signalName: string): Handling | undefined {
  const number = signalNumber(signalName);
  const [caught, ignored] = ['SigCgt', 'SigIgn'].map((name) => maskOf(status, name));
  if (number === undefined || caught === undefined || ignored === undefined) return undefined;
  const bit = 1n << BigInt(number - 1);
  if ((caught & bit) !== 0n) return 'caught';
  return (ignored & bit) !== 0n ? 'ignored' : 'default';
}

function known(number: number): number | undefined {
  return Number.isFinite(number) ? number : undefined;
}

function maskOf(status: string, name: string): bigint | undefined {
  const digits = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}

async function readProc(path: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${path}`, 'utf8');
  } catch {
    return undefined;
  }
}

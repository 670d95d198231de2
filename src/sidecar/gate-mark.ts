import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../disk.ts';
import { startTimeOf } from '../drain/start-time.ts';

/** The gate does not wait for a disk that hangs. */
const diskLimitMs = 2_000;

/** Which sidecar held the gate to its end: the boot, and when in it that sidecar was started. */
interface Mark {
  readonly boot: string;
  readonly startedAtTicks: number;
}

/**
 * Notes in `state_dir/gate.json` that this very sidecar has held the gate until all was drained, for the standby that is
 * stopped next. Where it can't be written the standby looks for itself. Never rejects.
 */
export async function markGateHeld(stateDir: string): Promise<void> {
  const mark = await ownMark();
  if (mark === undefined) return;
  await withDisk(() => writeFile(fileIn(stateDir), `${JSON.stringify(mark)}\n`, { mode: 0o600 })).catch(() => {});
}

/**
 * True where a sidecar that was started with or after this process has held the gate to its end. A reload of supervisord
 * starts both anew, so what was held before it is no answer. The kernel's clock: one that is set changes nothing.
 */
export async function wasGateHeld(stateDir: string): Promise<boolean> {
  const own = await ownMark();
  if (own === undefined) return false;
  try {
    const mark = JSON.parse(await withDisk(() => readFile(fileIn(stateDir), 'utf8'))) as Partial<Mark>; // as: compared below
    return mark.boot === own.boot && (mark.startedAtTicks ?? -1) >= own.startedAtTicks;
  } catch {
    return false;
  }
}

/** Undefined where the kernel does not tell. proc(5) */
async function ownMark(): Promise<Mark | undefined> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const startedAtTicks = Number(startTimeOf(process.pid));
  return boot === '' || !Number.isFinite(startedAtTicks) ? undefined : { boot: boot.trim(), startedAtTicks };
}

function fileIn(stateDir: string): string {
  return join(stateDir, 'gate.json');
}

async function withDisk<T>(work: () => Promise<T>): Promise<T> {
  return onDisk(diskLimitMs, () => new Error('the disk does not answer'), work);
}

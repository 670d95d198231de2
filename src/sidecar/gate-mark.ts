import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../disk.ts';
import { bootClockMs } from '../time.ts';

/** The gate does not wait for a disk that hangs. */
const diskLimitMs = 2_000;

/** That a gate was held to its end: in which boot of the machine, and when in it, on the clock that all of its processes share. */
interface Mark {
  readonly boot: string;
  readonly heldAtMs: number;
}

/**
 * Notes in `state_dir/gate.json` that the sidecar has held the gate until all was drained, for the standby that is
 * stopped next. Where it can't be written the standby looks for itself. Never rejects.
 */
export async function markGateHeld(stateDir: string): Promise<void> {
  const boot = await bootId();
  if (boot === undefined) return;
  const mark: Mark = { boot, heldAtMs: bootClockMs() };
  await withDisk(() => writeFile(fileIn(stateDir), `${JSON.stringify(mark)}\n`, { mode: 0o600 })).catch(() => {});
}

/** Takes back what an earlier sidecar has noted: a new one holds its gate by itself, or is killed in it. Never rejects. */
export async function forgetGate(stateDir: string): Promise<void> {
  await withDisk(() => rm(fileIn(stateDir), { force: true })).catch(() => {});
}

/**
 * True where the gate was held to its end since `sinceMs` on the clock of {@link bootClockMs}: for a standby, since it was
 * started. A reload of supervisord starts it anew, so what was held before that is no answer; when the sidecar was
 * started, before or after it, does not matter. A clock that is set changes nothing.
 */
export async function wasGateHeld(stateDir: string, sinceMs: number): Promise<boolean> {
  try {
    const { boot, heldAtMs = Number.NEGATIVE_INFINITY } = JSON.parse(
      await withDisk(() => readFile(fileIn(stateDir), 'utf8')),
    ) as Partial<Mark>; // as: compared in the next line
    return boot !== undefined && boot === (await bootId()) && heldAtMs >= sinceMs;
  } catch {
    return false;
  }
}

/** Undefined where the kernel does not tell. random(4) */
async function bootId(): Promise<string | undefined> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

function fileIn(stateDir: string): string {
  return join(stateDir, 'gate.json');
}

async function withDisk<T>(work: () => Promise<T>): Promise<T> {
  return onDisk(diskLimitMs, () => new Error('the disk does not answer'), work);
}

import { readdirSync, readFileSync } from 'node:fs';
import { markVariable } from './run-id.ts';
import { waitFor } from './wait-for.ts';

/** A process found by its mark. */
export interface MarkedProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * The processes whose environment carries a mark that begins with `mark`. Descendants inherit it, so this also finds
 * the orphans of a supervisord or HAProxy master that was killed with SIGKILL. A zombie has no environment, and is not found.
 */
export function markedProcesses(mark: string): MarkedProcess[] {
  const wanted = `${markVariable}=${mark}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => readProc(name, 'environ').some((variable) => variable.startsWith(wanted)))
    .map((name) => ({ pid: Number(name), command: readProc(name, 'cmdline').join(' ').trim() }));
}

/** Sends SIGKILL to each process with this mark, by its id. */
export function killMarked(mark: string): void {
  for (const { pid } of markedProcesses(mark)) signalProcess(pid, 'SIGKILL');
}

/** Kills all processes with this mark, and waits until none is left, new ones that a dying parent started included. */
export async function endMarked(mark: string): Promise<void> {
  await waitFor(
    () => {
      killMarked(mark);
      const left = markedProcesses(mark);
      if (left.length > 0) throw new Error(JSON.stringify(left));
      return true;
    },
    { what: `the end of all processes of ${mark}`, timeoutMs: 30_000 },
  );
}

/** Sends a signal; false when there is no such process any more. A negative pid means the process group. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** A NUL-separated file of /proc; empty when the process has gone in the meantime. */
function readProc(pid: string, file: 'environ' | 'cmdline'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

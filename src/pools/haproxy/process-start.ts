import { readFile } from 'node:fs/promises';

/** The part of `/proc/PID/stat` that tells one process from a later one of the same id. */
export interface ProcessStart {
  /** The name of its program, at most 15 bytes. */
  readonly command: string;
  /** R, S, …; Z for one that has exited and waits for its parent. */
  readonly state: string;
  /** Clock ticks after boot. */
  readonly startTime: string;
}

/** Reads `/proc/PID/stat`; undefined where this machine has no such process, or hides it. proc(5). */
export async function readProcessStart(pid: number): Promise<ProcessStart | undefined> {
  try {
    return parseProcessStart(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Takes a `/proc/PID/stat` text apart; the command may itself hold parentheses and spaces. */
export function parseProcessStart(text: string): ProcessStart | undefined {
  const match = /^\d+ \((.*)\) (\S) (.*)$/s.exec(text.trim());
  const [, command, state, rest] = match ?? [];
  // Field 22 of proc(5); the rest begins with field 4.
  const startTime = rest?.split(' ')[18];
  if (command === undefined || state === undefined || startTime === undefined) return undefined;
  return { command, state, startTime };
}

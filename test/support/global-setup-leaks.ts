import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { killMarked, markedProcesses } from './marked-processes.ts';
import { runIdVariable, temporaryPrefix } from './run-id.ts';

/** Gives the run of tests its id; at its end nothing of that id may be left: neither a process nor a file. */
export function setup(): () => void {
  process.env[runIdVariable] ??= randomBytes(3).toString('hex');
  return () => {
    const prefix = temporaryPrefix();
    const processes = markedProcesses(prefix);
    const files = readdirSync(dirname(prefix)).filter((name) => name.startsWith(basename(prefix)));
    killMarked(prefix);
    for (const name of files) rmSync(join(dirname(prefix), name), { recursive: true, force: true });
    const left = [...processes.map(({ pid, command }) => `process ${pid}: ${command}`), ...files];
    if (left.length === 0) return;
    // vitest only prints what a teardown throws.
    process.exitCode = 1;
    throw new Error(`the tests left behind (removed now):\n${left.join('\n')}`);
  };
}

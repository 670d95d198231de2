import type { Config } from '../config/config.ts';
import { unusedPrograms } from '../config/match.ts';
import type { ProcessInfo } from '../supervisor/process.ts';

/** A warning for each entry of `programs` that no process has: what it was meant for would be stopped undrained. */
export function unusedEntries(config: Config, processes: readonly ProcessInfo[]): readonly string[] {
  const names = processes.map((info) => info.fullName);
  const groups = [...new Set(processes.map((info) => info.group))].join(', ');
  return unusedPrograms(config, names).map(
    ({ pattern }) => `programs.${pattern} is for no process that supervisord has; its groups are ${groups}.`,
  );
}

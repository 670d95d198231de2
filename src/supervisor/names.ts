import { DrainctlError } from '../errors.ts';
import { closest } from '../suggest.ts';
import type { ProcessName } from './process.ts';

/** What it takes to choose a process by name. */
export interface NamedProcess {
  readonly fullName: ProcessName;
  readonly group: string;
  readonly name: string;
}

/**
 * The processes that `patterns` name, as supervisorctl understands them: `group:name`, `group:*` (or `group:`), `name`
 * for the process of that name in the group of that name, `all`. In the order of `processes`, which is supervisord's,
 * each once. Throws `NO_SUCH_PROCESS` naming every pattern that matches nothing; no patterns choose nothing.
 */
export function selectProcesses<T extends NamedProcess>(patterns: readonly string[], processes: readonly T[]): T[] {
  const matchers = patterns.map((pattern) => ({ pattern, matches: matcher(pattern) }));
  const unknown = matchers.filter(({ pattern, matches }) => pattern !== 'all' && !processes.some(matches));
  if (unknown.length > 0) {
    throw noSuchProcess(
      unknown.map(({ pattern }) => pattern),
      processes,
    );
  }
  return processes.filter((process) => matchers.some(({ matches }) => matches(process)));
}

/**
 * The group and process that a name means in supervisord's calls; without a process: all of the group.
 * http://supervisord.org/running.html#supervisorctl-actions
 */
export function splitNamespec(namespec: string): { readonly group: string; readonly process: string | undefined } {
  const colon = namespec.indexOf(':');
  if (colon === -1) return { group: namespec, process: namespec };
  const process = namespec.slice(colon + 1);
  return { group: namespec.slice(0, colon), process: process === '' || process === '*' ? undefined : process };
}

function matcher(pattern: string): (process: NamedProcess) => boolean {
  if (pattern === 'all') return () => true;
  const { group, process: name } = splitNamespec(pattern);
  return (process) => process.group === group && (name === undefined || process.name === name);
}

function noSuchProcess(unknown: readonly string[], processes: readonly NamedProcess[]): DrainctlError {
  const complaints = unknown.map((pattern) => `"${pattern}"${suggestion(pattern, processes)}`);
  return new DrainctlError('NO_SUCH_PROCESS', `supervisord has no process or group ${complaints.join(', nor ')}.`, {
    hint: '"drainctl status" lists the names; they are group:name, group:*, name or all.',
    details: { names: unknown },
  });
}

function suggestion(pattern: string, processes: readonly NamedProcess[]): string {
  if (processes.some((process) => process.group === pattern)) {
    return ` (it is a group of several processes; write "${pattern}:*")`;
  }
  const names = processes.flatMap((process) => [
    ...(process.group === process.name ? [process.name] : []),
    process.fullName,
    `${process.group}:*`,
  ]);
  const bare = processes.find((process) => process.name === pattern);
  const best = bare?.fullName ?? closest(pattern, new Set(names)) ?? groupSuggestion(pattern, processes);
  return best === undefined ? '' : ` (did you mean "${best}"?)`;
}

/** For a misspelt group given without a colon: `wbe` where there is `web:*`. */
function groupSuggestion(pattern: string, processes: readonly NamedProcess[]): string | undefined {
  const group = closest(pattern, new Set(processes.map((process) => process.group)));
  return group === undefined ? undefined : `${group}:*`;
}

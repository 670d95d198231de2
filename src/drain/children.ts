import type { ProcessInfo } from '../supervisor/process.ts';
import { childPids, isJustForked, isSupervisord, readProc } from './live-pids.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * What supervisord runs, by what it has written into the environment of its children: for where it tells nothing any more,
 * and was never asked before. A program that overwrites its environment, as some do for their title, is not among them.
 * Undefined where this is no supervisord, or the kernel does not tell. http://supervisord.org/subprocess.html#subprocess-environment
 */
export function supervisedChildren(supervisordPid: number): Snapshot | undefined {
  if (!isSupervisord(supervisordPid)) return undefined;
  const infos = childPids(supervisordPid)?.flatMap((pid) => infoOf(pid) ?? []);
  return infos === undefined || infos.length === 0 ? undefined : { infos, configs: new Map() };
}

/** Undefined for a child that says nothing, or still has the environment of supervisord itself. */
function infoOf(pid: number): ProcessInfo | undefined {
  const environment = readProc(pid, 'environ').split('\0');
  const valueIn = (name: string) => environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
  const [group, name] = [valueIn('SUPERVISOR_GROUP_NAME'), valueIn('SUPERVISOR_PROCESS_NAME')];
  if (group === undefined || name === undefined || isJustForked(pid)) return undefined;
  const unknown = { startedAtS: 0, stoppedAtS: 0, nowS: 0, exitStatus: 0, spawnError: '' };
  return { fullName: `${group}:${name}`, group, name, state: 'RUNNING', pid, ...unknown, description: `pid ${pid}` };
}

import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isAlive } from '../supervisor/process.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * A snapshot made true by what the kernel knows, for when supervisord tells nothing. A process whose pid is gone has
 * ended; but while supervisord (our parent, where it is not said) has a child that the snapshot does not know, it may
 * have been started anew, and is taken to live, with a pid that is not known. So is one whose pid was not known before,
 * where nothing tells which children there are.
 */
export function withLivePids(snapshot: Snapshot, supervisordPid: number = process.ppid): Snapshot {
  const hasUnknown = hasUnknownChildren(snapshot, supervisordPid);
  const infos = snapshot.infos.map((info) => {
    if (!isAlive(info.state) || pidExists(info.pid)) return info;
    return (hasUnknown ?? info.pid === 0) ? { ...info, pid: 0 } : { ...info, state: 'STOPPED' as const, pid: 0 };
  });
  return { ...snapshot, infos };
}

function hasUnknownChildren(snapshot: Snapshot, parentPid: number): boolean | undefined {
  const known = new Set([process.pid, ...snapshot.infos.map((info) => info.pid)]);
  return childPids(parentPid)?.some((pid) => !known.has(pid));
}

/** proc(5), /proc/pid/task/tid/children; undefined where it can't be read, or the kernel does not have it. */
export function childPids(parentPid: number): readonly number[] | undefined {
  const children = tryReadProc(parentPid, `task/${parentPid}/children`)?.split(' ');
  return children?.filter((pid) => pid !== '').map(Number);
}

/**
 * The pid of the supervisord that runs the processes of a snapshot: the parent of those that live. Undefined where none
 * lives, or where another has taken them in because supervisord has died.
 */
export function findSupervisordPid(snapshot: Snapshot): number | undefined {
  const parents = snapshot.infos.filter((info) => pidExists(info.pid)).map((info) => statusOf(info.pid).parentPid);
  return parents.find(isSupervisord);
}

/** By its command line: `/usr/bin/python3 /usr/bin/supervisord -n`. */
export function isSupervisord(pid: number): boolean {
  const words = readProc(pid, 'cmdline').split('\0').slice(0, 3);
  return words.some((word) => basename(word) === 'supervisord');
}

/** False for a zombie: it has ended, and only its parent, which hangs, has not taken note. */
export function pidExists(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // as: what kill() throws
  }
  return statusOf(pid).state !== 'Z' || threadsOf(pid) > 1;
}

/** True where the process lives and is this parent's, and so no later one that has got the same pid. */
export function isChildOf(pid: number, parentPid: number): boolean {
  return pidExists(pid) && statusOf(pid).parentPid === parentPid;
}

/**
 * True for a child that has not begun to run its own program yet: until execve(2) it has its parent's command line, and
 * nothing else tells what it is going to be.
 */
export function isJustForked(pid: number): boolean {
  const command = readProc(pid, 'cmdline');
  return command !== '' && command === readProc(statusOf(pid).parentPid, 'cmdline');
}

/** proc(5), /proc/pid/stat; the name in parentheses before it may hold anything. '' and 0 where it can't be read. */
function statusOf(pid: number): { readonly state: string; readonly parentPid: number } {
  const [state = '', parentPid = '0'] = readProc(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  return { state, parentPid: Number(parentPid) };
}

/** The main thread may end before the others: then the process looks like a zombie and works on. */
function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

/** A file of /proc/pid; '' where it can't be read. */
export function readProc(pid: number, name: string): string {
  return tryReadProc(pid, name) ?? '';
}

function tryReadProc(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

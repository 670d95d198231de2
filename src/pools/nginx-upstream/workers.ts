import { readdir, readFile } from 'node:fs/promises';
import { uptime } from 'node:os';

/** A worker process of nginx. */
export interface Worker {
  readonly pid: number;
  /** With the pid it tells one process from any later one. */
  readonly startTicks: number;
  /** Milliseconds since 1970, by the clock as it is set now. */
  readonly startedAtMs: number;
  /** From before a reload: it takes no new connections, and ends when those that it has are done. */
  readonly isLeaving: boolean;
}

/** nginx as this machine sees it. */
export interface Nginx {
  readonly pid: number;
  readonly workers: readonly Worker[];
}

/** Linux's USER_HZ, in which /proc counts time on every architecture that Node runs on. time(7) */
const ticksPerSecond = 100;

/** What workers call themselves, of nginx and of what derives from it (`angie: …`). */
const workerTitle = /^\S+: worker process( is shutting down)?$/;
const masterTitle = /^\S+: master process/;

/** Who has this pid file's number, and its workers; undefined where nginx does not run, or is hidden. proc(5) */
export async function findNginx(pidText: string): Promise<Nginx | undefined> {
  const pid = Number(pidText.trim());
  if (!Number.isSafeInteger(pid) || pid <= 0 || !masterTitle.test(await titleOf(pid))) return undefined;
  const children = await childrenOf(pid);
  const workers = await Promise.all(children.map(readWorker));
  return { pid, workers: workers.flatMap((worker) => (worker === undefined ? [] : [worker])) };
}

/** True when none of the workers from before takes new connections any more, and another does. */
export function hasTakenOver(before: Nginx, now: Nginx): boolean {
  const active = now.workers.filter(({ isLeaving }) => !isLeaving);
  return active.length > 0 && !active.some((worker) => before.workers.some((old) => isSame(old, worker)));
}

/**
 * A start time is known to a hundredth of a second, and so is how long the machine has been up. nginx leaves its old workers
 * at work for 100 ms beside the new ones, so that a change that follows a reload is still told from one before it.
 */
const toleranceMs = 50;

/** True where all workers that take new connections were started after that time, in milliseconds since 1970. */
export function haveAllStartedSince({ workers }: Nginx, changedAtMs: number): boolean {
  const active = workers.filter(({ isLeaving }) => !isLeaving);
  return active.length > 0 && active.every(({ startedAtMs }) => startedAtMs + toleranceMs >= changedAtMs);
}

/** Those of `before` that have not ended. */
export function stillThere(before: readonly Worker[], now: Nginx): Worker[] {
  return now.workers.filter((worker) => before.some((old) => isSame(old, worker)));
}

function isSame(one: Worker, other: Worker): boolean {
  return one.pid === other.pid && one.startTicks === other.startTicks;
}

async function readWorker(pid: number): Promise<Worker | undefined> {
  const title = workerTitle.exec(await titleOf(pid));
  // Field 22 of proc(5); what follows the name in parentheses begins with field 3.
  const fields = (await readProc(`${pid}/stat`)).replace(/^.*\) /s, '').split(' ');
  const startTicks = Number(fields[19]);
  if (title === null || fields[0] === 'Z' || !Number.isFinite(startTicks)) return undefined;
  const bootedAtMs = Date.now() - uptime() * 1_000;
  const startedAtMs = bootedAtMs + (startTicks * 1_000) / ticksPerSecond;
  return { pid, startTicks, startedAtMs, isLeaving: title[1] !== undefined };
}

/** Its command line, which nginx writes over. */
async function titleOf(pid: number): Promise<string> {
  return (await readProc(`${pid}/cmdline`)).replaceAll('\0', ' ').trim();
}

async function childrenOf(pid: number): Promise<number[]> {
  const list = await readProc(`${pid}/task/${pid}/children`);
  if (list !== '') return list.trim().split(' ').map(Number);
  // A kernel without that list, or no child.
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(pids.map(async (each) => [each, await parentOf(each)] as const));
  return parents.filter(([, parent]) => parent === pid).map(([each]) => each);
}

async function parentOf(pid: number): Promise<number> {
  return Number((await readProc(`${pid}/stat`)).replace(/^.*\) /s, '').split(' ')[1]);
}

/** '' where it can't be read. */
async function readProc(path: string): Promise<string> {
  try {
    return await readFile(`/proc/${path}`, 'latin1');
  } catch {
    return '';
  }
}

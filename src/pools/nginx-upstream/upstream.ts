import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Flock, tryFlock } from '../../flock.ts';
import { Deadline, sleep } from '../../time.ts';
import type { PoolDisk } from '../pool-disk.ts';
import { nginxMessage, runNginx } from './commands.ts';
import {
  asPoolError,
  configRefused,
  type FileLeft,
  notRunning,
  notTakenOver,
  reloadFailed,
  stillLocked,
  withFileLeft,
} from './errors.ts';
import { readServers, type UpstreamServer } from './servers.ts';
import { readUpstreamFile, replaceUpstreamFile, type UpstreamFile } from './upstream-file.ts';
import { findNginx, hasTakenOver, haveAllStartedSince, type Nginx, stillThere } from './workers.ts';

/** Where it is and how it is told, from the options of the pool. */
export interface UpstreamSettings {
  readonly file: string;
  readonly test: readonly string[];
  readonly reload: readonly string[];
  readonly pidFile: string;
  readonly timeoutMs: number;
}

/** The file and nginx at one moment. */
export interface Look {
  readonly file: UpstreamFile;
  readonly servers: readonly UpstreamServer[];
  readonly nginx: Nginx;
  /** False where nginx may not have loaded the file since it was last changed. */
  readonly isLoaded: boolean;
}

/** A file of servers and the nginx that includes it. All reject with a DrainctlError, or the signal's reason. */
export interface Upstream {
  look(signal: AbortSignal): Promise<Look>;
  /**
   * Makes the file what `edit` gives and has nginx load it; resolves when new workers serve, with the workers from before.
   * A file that is as it should be, and loaded, is left alone. Whatever keeps nginx from loading it, the file is put back.
   */
  change(edit: (look: Look) => string, signal: AbortSignal): Promise<Nginx>;
  /** Waits until these workers have ended, or so long. */
  untilGone(before: Nginx, ms: number, signal: AbortSignal): Promise<void>;
  /** What nginx has against its present configuration; undefined: nothing. */
  objection(signal: AbortSignal): Promise<string | undefined>;
}

/** How often nginx's processes are looked at. */
const pollMs = 20;

/** See {@link Upstream}. */
export function openUpstream(settings: UpstreamSettings, disk: PoolDisk): Upstream {
  const { file: path, test, reload, pidFile, timeoutMs } = settings;
  const folder = dirname(path);
  /** The version of the file that we have seen nginx load. */
  let loaded: string | undefined;

  async function nginxNow(signal: AbortSignal): Promise<Nginx> {
    const text = await disk(`read ${pidFile}`, signal, () => readPidFile(pidFile));
    const nginx = text === undefined ? undefined : await findNginx(text);
    if (nginx === undefined) throw notRunning(pidFile, whyNot(pidFile, text));
    return nginx;
  }

  async function look(signal: AbortSignal): Promise<Look> {
    const file = await disk(`read ${path}`, signal, () => readUpstreamFile(path));
    const servers = parse(path, file.text);
    const nginx = await nginxNow(signal);
    const isLoaded = loaded === file.version || haveAllStartedSince(nginx, file.changedAtMs);
    return { file, servers, nginx, isLoaded };
  }

  /** The file as it was, where it still is as we have left it. */
  async function putBack(before: UpstreamFile, written: UpstreamFile): Promise<UpstreamFile | FileLeft> {
    if (written === before) return 'untouched';
    const { signal } = new AbortController();
    return disk(`put back ${path}`, signal, async () => {
      if ((await readUpstreamFile(path)).version !== written.version) return 'changed by others';
      return replaceUpstreamFile(written, before.text);
    });
  }

  /** Tests what is there now and has nginx load it. What fails leaves the file as it was before. */
  async function load(
    before: UpstreamFile,
    written: UpstreamFile,
    deadline: Deadline,
    signal: AbortSignal,
  ): Promise<void> {
    let mayBeLoaded = false;
    try {
      const tested = await runNginx(test, deadline.remainingMs, signal);
      if (tested.exitCode !== 0) throw configRefused(path, nginxMessage(tested));
      mayBeLoaded = true;
      const told = await runNginx(reload, deadline.remainingMs, signal);
      if (told.exitCode !== 0) throw reloadFailed(path, reload, nginxMessage(told));
    } catch (error) {
      const left = await putBack(before, written);
      if (typeof left === 'string') throw withFileLeft(error, left);
      // Without a reload, what nginx has loaded is this text, although the file is a new one.
      if (!mayBeLoaded && loaded === before.version) loaded = left.version;
      throw withFileLeft(error, 'put back');
    }
  }

  async function untilTakenOver(before: Nginx, deadline: Deadline, signal: AbortSignal): Promise<void> {
    while (!hasTakenOver(before, await nginxNow(signal))) {
      if (deadline.passed) throw notTakenOver(path, timeoutMs);
      await sleep(pollMs, signal);
    }
  }

  async function changeLocked(edit: (look: Look) => string, deadline: Deadline, signal: AbortSignal): Promise<Nginx> {
    const before = await look(signal);
    const text = edit(before);
    if (text === before.file.text && before.isLoaded) return before.nginx;
    // What is about to be replaced is what nginx has now: it is told apart from what comes by its version.
    if (before.isLoaded) loaded = before.file.version;
    const written =
      text === before.file.text
        ? before.file
        : await disk(`replace ${path}`, signal, () => replaceUpstreamFile(before.file, text));
    await load(before.file, written, deadline, signal);
    await untilTakenOver(before.nginx, deadline, signal);
    loaded = written.version;
    return before.nginx;
  }

  return {
    look,
    async change(edit, signal) {
      const deadline = new Deadline(timeoutMs);
      const lock = await takeLock(folder, deadline, disk, signal);
      try {
        return await changeLocked(edit, deadline, signal);
      } finally {
        await lock.release();
      }
    },
    async untilGone(before, ms, signal) {
      const deadline = new Deadline(ms);
      const isThere = async () => stillThere(before.workers, await nginxNow(signal)).some(({ isLeaving }) => isLeaving);
      while (!deadline.passed && (await isThere())) await sleep(pollMs, signal);
    },
    async objection(signal) {
      const tested = await runNginx(test, timeoutMs, signal);
      return tested.exitCode === 0 ? undefined : nginxMessage(tested);
    },
  };
}

/** How often a lock that another has is tried: each try is a process. */
const lockPollMs = 100;

/** On the folder, because the file itself is replaced. Another drainctl of this machine waits for it; an editor does not. */
async function takeLock(folder: string, deadline: Deadline, disk: PoolDisk, signal: AbortSignal): Promise<Flock> {
  for (;;) {
    const lock = await tryLock(folder, disk, signal);
    if (lock !== undefined) return lock;
    if (deadline.passed) throw stillLocked(folder, deadline.ms);
    await sleep(lockPollMs, signal);
  }
}

async function tryLock(folder: string, disk: PoolDisk, signal: AbortSignal): Promise<Flock | undefined> {
  let taking: Promise<Flock | undefined> | undefined;
  try {
    return await disk(`lock ${folder}`, signal, () => {
      taking = tryFlock(folder);
      return taking;
    });
  } catch (error) {
    // Nobody would free a lock that comes after all.
    taking?.then(
      (late) => late?.release(),
      () => {},
    );
    throw error;
  }
}

function parse(path: string, text: string): UpstreamServer[] {
  try {
    return readServers(text);
  } catch (error) {
    throw asPoolError(path, error);
  }
}

/** Undefined where there is none. */
async function readPidFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function whyNot(pidFile: string, text: string | undefined): string {
  if (text === undefined) return `there is no ${pidFile}`;
  return `${pidFile} names process ${text.trim()}, which is not nginx's master`;
}

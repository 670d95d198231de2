import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { paced } from './paced.ts';
import { findSupervisordLog, orUndefined, watchLog } from './supervisord-log.ts';

/** Where supervisord has no log that can be watched: half of this is what a death waits for in the middle. */
const lookEveryMs = 50;

/** Beside the watch over a log, which may tell nothing: its disk is full, or it is a program's that only looks like it. */
const lookBesideMs = 250;

/** A supervisord that logs thousands of lines a second (loglevel=debug) is not looked at for each of them. */
const restMs = 10;

const chunkBytes = 65_536;

/**
 * Sees in the kernel's list of supervisord's children when one has gone. supervisord itself collects a dead child at once,
 * and logs it, but tells its listeners only when its main loop goes round again, up to a second later; any call to it
 * makes it do so.
 *
 * It looks whenever supervisord logs something, and besides four times a second; without a log twenty times a second.
 * Where the kernel has no such list (proc(5), /proc/pid/task/tid/children) nothing is seen, and the events come when they
 * come.
 */
export class DeathWatch {
  readonly #supervisordPid: number;
  readonly #onDeath: () => void;
  readonly #file: number | undefined;
  readonly #buffer = Buffer.alloc(chunkBytes);
  readonly #looks = paced(restMs, () => this.#look());
  #text = '';
  #end = () => {};

  /** `onDeath` is called when one or more children of `supervisordPid` have gone. */
  constructor(supervisordPid: number, onDeath: () => void) {
    this.#supervisordPid = supervisordPid;
    this.#onDeath = onDeath;
    this.#file = open(`/proc/${supervisordPid}/task/${supervisordPid}/children`);
    if (this.#file !== undefined) this.#watch();
  }

  /** Ends the watch. */
  stop(): void {
    this.#end();
    this.#looks.end();
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #watch(log = findSupervisordLog(this.#supervisordPid)): void {
    const endLog = log === undefined ? undefined : this.#watchLog(log);
    const endLooks = every(endLog === undefined ? lookEveryMs : lookBesideMs, () => this.#look());
    this.#end = () => {
      endLooks();
      endLog?.();
    };
    this.#look();
  }

  #watchLog(log: string): (() => void) | undefined {
    try {
      return watchLog(
        log,
        () => this.#looks.request(),
        () => this.#watchAgain(log),
      );
    } catch {
      // It was renamed in this very moment, or there are no inotify watches left.
      return undefined;
    }
  }

  /** The new log has the old one's name, and nothing in it yet that tells what it is. */
  #watchAgain(log: string): void {
    this.#end();
    this.#end = every(lookBesideMs, () => {
      this.#look();
      if (!existsSync(log)) return;
      this.#end();
      this.#watch(log);
    });
  }

  #look(): void {
    const text = this.#read();
    if (text === this.#text) return;
    const isGone = hasLost(this.#text, text);
    this.#text = text;
    if (isGone) this.#onDeath();
  }

  #read(): string {
    if (this.#file === undefined) return this.#text;
    try {
      return this.#buffer.toString('latin1', 0, readSync(this.#file, this.#buffer, 0, chunkBytes, 0));
    } catch {
      // supervisord has gone; the end of our input tells.
      return this.#text;
    }
  }
}

/** True where a process id of the earlier list is not in the later one. Each is followed by a space. */
export function hasLost(earlier: string, later: string): boolean {
  const still = new Set(later.split(' '));
  return earlier.split(' ').some((pid) => !still.has(pid));
}

/** Does `work` regularly, but keeps no process alive for it. Gives what ends it. */
function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  timer.unref();
  return () => clearInterval(timer);
}

function open(path: string): number | undefined {
  return orUndefined(() => openSync(path, 'r'));
}

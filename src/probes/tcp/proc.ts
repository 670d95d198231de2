import { closeSync, constants, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs';
import { type SocketTable, socketTable } from './socket-table.ts';

/** Why the kernel's view could not be had, and what to do. */
export class ProcTrouble extends Error {
  override readonly name = 'ProcTrouble';
  readonly hint: string;

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.hint = hint;
  }
}

/** Longer than any `stat`: the name of a program has at most 64 bytes. */
const statBytes = 4096;

/**
 * One look at /proc, proc(5). What many processes ask for (who is whose child, the tables of sockets) is read once; so it
 * must be thrown away as soon as whoever asked in the same moment has been answered.
 *
 * It reads synchronously: /proc is memory, a read takes some microseconds, and through Node's thread pool ten times that.
 */
export class ProcView {
  readonly #root: string;
  readonly #buffer = Buffer.allocUnsafe(statBytes);
  readonly #tables = new Map<string, SocketTable>();
  #children: ReadonlyMap<number, readonly number[]> | undefined;

  constructor(root = '/proc') {
    this.#root = root;
  }

  /** The process and all its descendants. Throws a {@link ProcTrouble} where it does not run, or not all can be seen. */
  tree(pid: number): number[] {
    this.#children ??= this.#readChildren();
    if (this.#parentOf(pid) === undefined) throw notRunning(pid);
    const found = [pid];
    // The list grows as it is walked.
    for (const each of found) found.push(...(this.#children.get(each) ?? []));
    return found;
  }

  /** The sockets of the network namespace that a process lives in; undefined where it has just ended. */
  table(pid: number): SocketTable | undefined {
    const path = `${this.#root}/${pid}/net/tcp`;
    return unlessEnded(() => {
      // Each namespace has files of its own, and so inodes; its own number would take the right to trace the process.
      const { dev, ino } = statSync(path);
      const known = this.#tables.get(`${dev}:${ino}`);
      if (known !== undefined) return known;
      // A kernel without IPv6 has no tcp6.
      const table = socketTable(readWhole(path), unlessEnded(() => readWhole(`${path}6`)) ?? Buffer.alloc(0));
      this.#tables.set(`${dev}:${ino}`, table);
      return table;
    });
  }

  /**
   * The inodes of all sockets that a process has open; none where it has ended. Throws the EACCES of the kernel where that
   * may not be seen.
   */
  socketInodes(pid: number): number[] {
    const folder = `${this.#root}/${pid}/fd`;
    const names = unlessEnded(() => readdirSync(folder)) ?? [];
    return names.flatMap((name) => {
      const target = unlessEnded(() => readlinkSync(`${folder}/${name}`)) ?? '';
      return target.startsWith('socket:[') ? [Number(target.slice('socket:['.length, -1))] : [];
    });
  }

  #readChildren(): ReadonlyMap<number, readonly number[]> {
    const children = new Map<number, number[]>();
    for (const name of this.#list()) {
      const pid = Number(name);
      const parent = Number.isInteger(pid) ? this.#parentOf(pid) : undefined;
      if (parent === undefined) continue;
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [pid]);
      else siblings.push(pid);
    }
    return children;
  }

  #list(): string[] {
    try {
      // Where /proc is mounted with hidepid=, processes of others are missing, and nothing tells which.
      if (this.#parentOf(1) !== undefined) return readdirSync(this.#root);
    } catch (error) {
      throw notVisible(this.#root, error);
    }
    throw notVisible(this.#root);
  }

  /** Undefined where it has ended, also where nobody has noticed yet (a zombie). */
  #parentOf(pid: number): number | undefined {
    const text = unlessEnded(() => {
      const file = openSync(`${this.#root}/${pid}/stat`, constants.O_RDONLY);
      try {
        return this.#buffer.toString('latin1', 0, readSync(file, this.#buffer, 0, statBytes, 0));
      } finally {
        closeSync(file);
      }
    });
    // `17 (any (name)) S 1 …`
    const [, state = '', parent] = /^ (\S) (\d+) /.exec(text?.slice(text.lastIndexOf(')') + 1) ?? '') ?? [];
    return 'ZXx'.includes(state) ? undefined : Number(parent);
  }
}

/**
 * All of a file of /proc. Node's own readFileSync takes 64 KiB anew for each read, and the kernel gives 4 KiB at a time.
 */
function readWhole(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY);
  try {
    let buffer = Buffer.allocUnsafe(256 * 1024);
    let length = 0;
    for (;;) {
      const read = readSync(file, buffer, length, buffer.length - length, null);
      if (read === 0) return buffer.subarray(0, length);
      length += read;
      if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * length);
    }
  } finally {
    closeSync(file);
  }
}

/** Undefined where the process or the file has gone in the meantime. */
function unlessEnded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as: what fs throws
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EINVAL') return undefined;
    throw error;
  }
}

function notRunning(pid: number): ProcTrouble {
  return new ProcTrouble(
    `there is no process ${pid} here`,
    'drainctl must run on the same machine as supervisord, and in a container within the same one. If it does, the process has just ended.',
  );
}

function notVisible(root: string, cause?: unknown): ProcTrouble {
  return new ProcTrouble(
    `not all processes can be seen in ${root}`,
    'Run drainctl as root. If it does run so, see that /proc is mounted, without hidepid=.',
    cause,
  );
}

import type { ProcView } from './proc.ts';
import type { SocketTable } from './socket-table.ts';

/** What the kernel tells of a process and all its descendants. */
export interface Sockets {
  readonly pid: number;
  /** Of each network namespace that one of them lives in. */
  readonly tables: readonly SocketTable[];
  /** What they have open; undefined where that may not be seen. */
  readonly inodes: ReadonlySet<number> | undefined;
}

/** Throws a `ProcTrouble` where the process does not run, or not all processes can be seen. */
export function socketsOf(view: ProcView, pid: number): Sockets {
  const pids = view.tree(pid);
  // First who is connected, then who has it open: the other way round, what is accepted in between would be nobody's.
  const tables = new Set(pids.map((each) => view.table(each)).filter((table) => table !== undefined));
  return { pid, tables: [...tables], inodes: inodesOf(view, pids) };
}

function inodesOf(view: ProcView, pids: readonly number[]): ReadonlySet<number> | undefined {
  try {
    return new Set(pids.flatMap((pid) => view.socketInodes(pid)));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as: what fs throws
    if (code === 'EACCES' || code === 'EPERM') return undefined;
    throw error;
  }
}

import { isShared, listeningPorts } from './count-connections.ts';
import { ProcTrouble } from './proc.ts';
import type { Sockets } from './sockets.ts';

/**
 * The ports on which one process has been seen to listen. One that takes no more clients closes its listening socket, and
 * the clients that it has still count.
 */
export class SeenPorts {
  #pid = 0;
  #ports: ReadonlySet<number> = new Set();

  /** Adds what is seen now, and gives all; another pid begins anew. */
  learn(pid: number, ports: readonly number[]): ReadonlySet<number> {
    this.#ports = new Set(this.#pid === pid ? [...this.#ports, ...ports] : ports);
    this.#pid = pid;
    return this.#ports;
  }
}

/**
 * The ports to count at: those named, or all on which the process has been seen to listen. Throws a {@link ProcTrouble}
 * where that can't be told or a port is not its own: it would be taken for idle.
 */
export function portsToCount(
  sockets: Sockets,
  named: readonly number[] | undefined,
  seen: SeenPorts,
): Iterable<number> {
  if (sockets.inodes === undefined) refuseUnlessByPort(sockets, named);
  const known = seen.learn(sockets.pid, portsNow(sockets));
  const missing = named?.filter((port) => !known.has(port)) ?? [];
  if (missing.length > 0) throw notListening(sockets, missing, known);
  if (known.size === 0) throw listensNowhere(sockets.pid);
  return named ?? known;
}

/** Where nobody can see who has a socket open, whoever listens on a port is taken to be the process. */
function portsNow({ tables, inodes }: Sockets): number[] {
  return tables.flatMap((table) =>
    inodes === undefined ? table.listening.map(({ localPort }) => localPort) : listeningPorts(table, inodes),
  );
}

/** Without a look at the open files connections are counted by port alone: ports must be named, and nobody share them. */
function refuseUnlessByPort({ pid, tables }: Sockets, named: readonly number[] | undefined): void {
  const why = `the open files of process ${pid} or of its children may not be seen`;
  const remedy =
    'Run drainctl as root, in a container with the capability SYS_PTRACE (docker run --cap-add SYS_PTRACE)';
  if (named === undefined) throw new ProcTrouble(why, `${remedy}; or name the program's ports in \`ports\`.`);
  const shared = named.filter((port) => tables.some((table) => isShared(table, port)));
  if (shared.length === 0) return;
  throw new ProcTrouble(`several sockets share port ${shared.join(', ')}, and ${why}`, `${remedy}.`);
}

function notListening({ pid, inodes }: Sockets, missing: readonly number[], known: ReadonlySet<number>): ProcTrouble {
  const subject = inodes === undefined ? 'nobody there listens' : `process ${pid} and its children do not listen`;
  const others = inodes === undefined || known.size === 0 ? '' : `, but on ${[...known].join(', ')}`;
  return new ProcTrouble(
    `${subject} on port ${missing.join(', ')}${others}`,
    'Mend `ports`. If they are right, the program is still starting, or had closed its port before drainctl first looked.',
  );
}

function listensNowhere(pid: number): ProcTrouble {
  return new ProcTrouble(
    `process ${pid} and its children listen on no TCP port`,
    'Where it serves a Unix socket or takes its work from a queue, use another probe ("drainctl drivers"). Else it is still starting, or had closed its port before drainctl first looked.',
  );
}

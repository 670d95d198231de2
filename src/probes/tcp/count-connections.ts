import { type SocketRow, type SocketTable, tcpStates } from './socket-table.ts';

/** Whose connections are counted, and which of them. */
export interface Counted {
  readonly ports: Iterable<number>;
  /** The sockets that the process and its children have open; undefined where that may not be seen. */
  readonly inodes: ReadonlySet<number> | undefined;
  readonly isIgnored: (remoteAddress: string) => boolean;
}

/** The ports on which a holder of these sockets listens. */
export function listeningPorts(table: SocketTable, inodes: ReadonlySet<number>): number[] {
  return table.listening.filter(({ inode }) => inodes.has(inode)).map(({ localPort }) => localPort);
}

/**
 * How many connections to these ports are work of the process:
 *
 * - what it has open, in whatever state: a client that has closed its half (CLOSE_WAIT) may wait for its answer, and
 *   where the process has closed its own half (FIN_WAIT) an end of the process could still cut off the answer;
 * - what waits in the queue of a socket that it listens on, and is nobody's yet (no inode).
 *
 * Not counted: what the process has closed (the kernel delivers the rest by itself), TIME_WAIT, and handshakes that are not
 * complete (SYN_RECV).
 */
export function countConnections(table: SocketTable, { ports, inodes, isIgnored }: Counted): number {
  let count = 0;
  for (const port of new Set(ports)) {
    const rows = table.at(port).filter((row) => !isIgnored(row.remoteAddress));
    const open = rows.filter(({ inode }) => (inodes === undefined ? inode !== 0 : inodes.has(inode)));
    count += open.length + countWaiting(table, rows.filter(isWaiting), inodes);
  }
  return count;
}

/** What stands in the accept queue: a connection that a process has closed is in neither state. */
function isWaiting({ inode, state }: SocketRow): boolean {
  return inode === 0 && (state === tcpStates.established || state === tcpStates.closeWait);
}

/**
 * A socket that listens alone has its whole queue. Where several share the port (SO_REUSEPORT) nothing tells whose queue a
 * connection stands in, but how long each queue is.
 */
function countWaiting(table: SocketTable, rows: readonly SocketRow[], inodes: Counted['inodes']): number {
  const queues = new Map<string, { waiting: number; readonly listeners: readonly SocketRow[] }>();
  for (const row of rows) {
    const listeners = listenersFor(table, row);
    const key = `${row.family} ${listeners[0]?.localAddress} ${row.localPort}`;
    const queue = queues.get(key);
    if (queue === undefined) queues.set(key, { waiting: 1, listeners });
    else queue.waiting += 1;
  }
  return [...queues.values()].reduce((sum, { waiting, listeners }) => sum + ownShare(waiting, listeners, inodes), 0);
}

function ownShare(waiting: number, listeners: readonly SocketRow[], inodes: Counted['inodes']): number {
  const own = inodes === undefined ? listeners : listeners.filter(({ inode }) => inodes.has(inode));
  if (own.length === listeners.length) return own.length === 0 ? 0 : waiting;
  return Math.min(
    waiting,
    own.reduce((sum, { receiveQueue }) => sum + receiveQueue, 0),
  );
}

/** As the kernel chooses: who listens on that very address, else who listens on all. */
function listenersFor(table: SocketTable, row: SocketRow): readonly SocketRow[] {
  const candidates = table.listening.filter(
    ({ family, localPort }) => family === row.family && localPort === row.localPort,
  );
  const exact = candidates.filter(({ localAddress }) => localAddress === row.localAddress);
  return exact.length > 0 ? exact : candidates.filter(({ localAddress }) => /^0+$/.test(localAddress));
}

/** True where several sockets listen on the same address and port (SO_REUSEPORT). */
export function isShared(table: SocketTable, port: number): boolean {
  const places = table.listening
    .filter(({ localPort }) => localPort === port)
    .map(({ family, localAddress }) => `${family} ${localAddress}`);
  return new Set(places).size < places.length;
}

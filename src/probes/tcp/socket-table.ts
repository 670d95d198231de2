/**
 * The kernel's tables of TCP sockets, `/proc/PID/net/tcp` and `tcp6`: one line a socket, addresses and ports in hex.
 *
 *     sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
 *
 * A table may have ten thousands of lines, and is read several times a second; so only what is asked for is taken apart.
 *
 * Reference: proc_pid_net(5); https://docs.kernel.org/networking/proc_net_tcp.html
 */

/** States of a socket that mean something here; `include/net/tcp_states.h` of the kernel. */
export const tcpStates = { established: 1, closeWait: 8, listen: 10 } as const;

/** One socket. */
export interface SocketRow {
  /** Which of the two tables it stands in. IPv4 clients of an IPv6 socket stand in that of IPv6. */
  readonly family: 4 | 6;
  /** As the table has it: 8 or 32 hex digits. */
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly state: number;
  /** Of a listening socket: how many connections wait to be accepted. */
  readonly receiveQueue: number;
  /** 0 where no process has it open: not accepted yet, or closed already. */
  readonly inode: number;
}

/** The sockets of one network namespace. */
export interface SocketTable {
  readonly listening: readonly SocketRow[];
  /** All others with that local port. */
  at(port: number): readonly SocketRow[];
}

/** Reads both tables of a namespace; an empty text is a table that the kernel does not have. Throws an Error where one is not as documented. */
export function socketTable(tcp: Buffer, tcp6: Buffer): SocketTable {
  const indexes = [indexTable(tcp, 4), indexTable(tcp6, 6)];
  const byPort = new Map<number, readonly SocketRow[]>();
  return {
    listening: indexes.flatMap(({ listening }) => listening),
    at(port) {
      const known = byPort.get(port);
      if (known !== undefined) return known;
      const rows = indexes.flatMap(({ others, parse }) => (others.get(port) ?? []).map(parse));
      byPort.set(port, rows);
      return rows;
    },
  };
}

interface TableIndex {
  readonly listening: readonly SocketRow[];
  /** Where the lines of all others begin, by local port. */
  readonly others: ReadonlyMap<number, readonly number[]>;
  readonly parse: (start: number) => SocketRow;
}

const newline = 10;
const colon = 58;

function indexTable(text: Buffer, family: 4 | 6): TableIndex {
  const parse = (start: number) => parseLine(text.toString('latin1', start, endOfLine(text, start)), family);
  const listening: SocketRow[] = [];
  const others = new Map<number, number[]>();
  const heading = text.toString('latin1', 0, endOfLine(text, 0));
  if (text.length > 0 && !/^ *sl +local_address/.test(heading)) throw notATable(heading);
  const addressDigits = family === 4 ? 8 : 32;
  for (let start = heading.length + 1; start < text.length; start = endOfLine(text, start) + 1) {
    const port = text.indexOf(colon, start) + 2 + addressDigits + 1;
    const state = port + 4 + 1 + addressDigits + 1 + 4 + 1;
    if (hex(text, state, 2) === tcpStates.listen) listening.push(parse(start));
    else push(others, hex(text, port, 4), start);
  }
  return { listening, others, parse };
}

function endOfLine(text: Buffer, start: number): number {
  const end = text.indexOf(newline, start);
  return end === -1 ? text.length : end;
}

function push(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** The number that these upper-case hex digits are; throws where they are none. */
function hex(text: Buffer, start: number, digits: number): number {
  let value = 0;
  for (let at = start; at < start + digits; at++) {
    const byte = text[at] ?? 0;
    const digit = byte >= 65 ? byte - 55 : byte - 48;
    if (digit < 0 || digit > 15 || (byte > 57 && byte < 65)) throw notATable(text.toString('latin1', start - 20, at));
    value = value * 16 + digit;
  }
  return value;
}

const linePattern =
  /^ *\d+: ([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4}) ([\dA-F]{8}|[\dA-F]{32}):[\dA-F]{4} ([\dA-F]{2}) [\dA-F]{8}:([\dA-F]{8}) [\dA-F]{2}:[\dA-F]{8,16} [\dA-F]{8} +\d+ +\d+ (\d+)(?: |$)/;

function parseLine(line: string, family: 4 | 6): SocketRow {
  const match = linePattern.exec(line);
  if (match === null) throw notATable(line);
  const [, localAddress = '', localPort = '', remoteAddress = '', state = '', receiveQueue = '', inode = ''] = match;
  return {
    family,
    localAddress,
    localPort: Number.parseInt(localPort, 16),
    remoteAddress,
    state: Number.parseInt(state, 16),
    receiveQueue: Number.parseInt(receiveQueue, 16),
    inode: Number(inode),
  };
}

function notATable(line: string): Error {
  return new Error(`the table of TCP sockets has the line "${line.trim()}"`);
}

/** A line of `/proc/net/tcp`, as far as it means something. */
export interface TableLine {
  /** 8 or 32 hex digits. */
  readonly local: string;
  /** Default: 8080. */
  readonly port?: number;
  /** Two hex digits. */
  readonly state: string;
  readonly inode: number;
  /** Default: 0. */
  readonly receiveQueue?: number;
}

/** 0.0.0.0 */
export const any4 = '00000000';
/** 127.0.0.1 on a little-endian machine */
export const loopback4 = '0100007F';
/** :: */
export const any6 = '0'.repeat(32);
/** ::ffff:127.0.0.1 on a little-endian machine */
export const mapped = `0000000000000000FFFF0000${loopback4}`;

const heading = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

/** The file with these lines, as the kernel writes it. */
export function tableText(lines: readonly TableLine[]): string {
  return `${heading.padEnd(149)}\n${lines.map(line).join('')}`;
}

/** One line. */
export function line({ local, port = 8080, state, inode, receiveQueue = 0 }: TableLine, number = 0): string {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  const ends = `${local}:${hex(port, 4)} ${local}:${hex(40_000, 4)}`;
  const queues = `00000000:${hex(receiveQueue, 8)} 00:00000000 00000000`;
  const row = `${String(number).padStart(4)}: ${ends} ${state} ${queues}     0        0 ${inode} 1 00000000c83a1f22 20 0 0 10 -1`;
  return `${row.padEnd(149)}\n`;
}

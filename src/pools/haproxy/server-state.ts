/** What `show servers state` says of one server. */
export interface ServerState {
  /** A mask of {@link adminBits}. */
  readonly adminState: number;
  readonly operState: number;
  /** The weight that a user or an agent has set; 0 takes the server out of load balancing. */
  readonly weight: number;
}

/**
 * The bits of `srv_admin_state` that stop new work. The others (CMAINT 0x04, HMAINT 0x40) only tell where a state came
 * from: a server that was disabled in the configuration and enabled since keeps CMAINT. Management guide, 9.3.
 */
export const adminBits = {
  /** Put into maintenance by hand. */
  forcedMaint: 0x01,
  /** In maintenance because the server that it tracks is. */
  inheritedMaint: 0x02,
  /** Drained by hand. */
  forcedDrain: 0x08,
  /** Draining because the server that it tracks is. */
  inheritedDrain: 0x10,
  /** Its name does not resolve. */
  resolutionMaint: 0x20,
} as const;

/** `srv_op_state`: 0 stopped, 1 starting (slow start), 2 running, 3 stopping (`NOLB`, by its own health check). */
export const operStates = { stopped: 0, starting: 1, running: 2, stopping: 3 } as const;

/**
 * The servers of a `show servers state` table by `backend/server`. Undefined: the text is not such a table, or a row of
 * it is damaged. Columns are found by their names, so a later version of the format is read as well.
 */
export function parseServerStates(text: string): ReadonlyMap<string, ServerState> | undefined {
  const [version = '', header = '', ...rows] = text.split('\n');
  if (!/^\d+$/.test(version) || !header.startsWith('# ')) return undefined;
  const names = header.slice(2).split(' ');
  const columns = ['be_name', 'srv_name', 'srv_admin_state', 'srv_op_state', 'srv_uweight'].map((name) =>
    names.indexOf(name),
  );
  if (columns.includes(-1)) return undefined;
  const servers = new Map<string, ServerState>();
  for (const row of rows) {
    if (row.startsWith('#')) continue;
    const fields = row.split(' ');
    const [backend, server, ...numbers] = columns.map((column) => fields[column]);
    const [adminState, operState, weight] = numbers.map(wholeNumber);
    if (backend === undefined || server === undefined) return undefined;
    if (adminState === undefined || operState === undefined || weight === undefined) return undefined;
    servers.set(`${backend}/${server}`, { adminState, operState, weight });
  }
  return servers;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

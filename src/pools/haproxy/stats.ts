import { readCsv } from './csv.ts';

/** What `show stat` says of one server. */
export interface ServerStats {
  /** Such as `UP 1/2`, `no check`, `DRAIN (agent)`, `MAINT (via app/web_00)`. */
  readonly status: string;
  /** Current sessions and requests queued for this server; undefined: the fields hold no numbers. */
  readonly inFlight: number | undefined;
  /** True for one that gets work only when all that are no backup have gone. */
  readonly isBackup?: true;
}

/** The value of the `type` column for a server. */
const serverType = '2';

/**
 * The servers of a `show stat` table by `backend/server`. Undefined: the text is not such a table, or a row of it is
 * damaged. Columns are found by their names. Management guide, 9.1 "CSV format".
 */
export function parseStats(text: string): ReadonlyMap<string, ServerStats> | undefined {
  if (!text.startsWith('# ')) return undefined;
  const [header, ...rows] = readCsv(text.slice(2)) ?? [];
  if (header === undefined || rows.some((row) => row.length !== header.length)) return undefined;
  const columns = ['pxname', 'svname', 'type', 'status', 'scur', 'qcur'].map((name) => header.indexOf(name));
  if (columns.includes(-1)) return undefined;
  const backupColumn = header.indexOf('bck');
  const servers = new Map<string, ServerStats>();
  for (const row of rows) {
    const [proxy, server, type, status = '', current, queued] = columns.map((column) => row[column]);
    if (type !== serverType) continue;
    const isBackup = row[backupColumn] === '1' ? ({ isBackup: true } as const) : {};
    servers.set(`${proxy}/${server}`, { status, inFlight: sum(current, queued), ...isBackup });
  }
  return servers;
}

function sum(current: string | undefined, queued: string | undefined): number | undefined {
  const [currentCount, queuedCount] = [count(current), count(queued)];
  return currentCount === undefined || queuedCount === undefined ? undefined : currentCount + queuedCount;
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

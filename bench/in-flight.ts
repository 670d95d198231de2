import { backendName, type Haproxy } from '../test/support/haproxy.ts';

/** How many requests HAProxy has at each server of its backend now, by the server's name. Our names need no quotes in CSV. */
export async function inFlightByServer(haproxy: Haproxy): Promise<ReadonlyMap<string, number>> {
  const csv = await haproxy.command(`show stat ${backendName} 4 -1`);
  const [header = '', ...lines] = csv.trim().split('\n');
  const columns = header.replace(/^# /, '').split(',');
  const [name, current] = [columns.indexOf('svname'), columns.indexOf('scur')];
  const rows = lines.map((line) => line.split(','));
  return new Map(rows.map((cells) => [cells[name] ?? '', Number(cells[current])]));
}

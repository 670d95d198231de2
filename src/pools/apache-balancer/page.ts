import { parseCount } from '../../count.ts';

/** What the balancer manager's page says. */
export interface ManagerPage {
  /** What Apache calls itself in this request; a `Referer` must name it. */
  readonly serverName: string;
  /** True with `BalancerPersist On`. */
  readonly persists: boolean;
  /** By their names in lower case, without `balancer://`. */
  readonly balancers: ReadonlyMap<string, Balancer>;
}

/** One balancer. */
export interface Balancer {
  /** What a change must carry; made anew at each start and reload of Apache. "" where changes are off (`nonce=None`). */
  readonly nonce: string;
  readonly workers: readonly Worker[];
}

/** One BalancerMember. */
export interface Worker {
  /** As the page shows it, such as `http://127.0.0.1:8100` or `unix:/run/a.sock|http://localhost`. */
  readonly name: string;
  /** What names it in a change: as a link of the page does, escaped once more than its name. */
  readonly key: string;
  /** In Apache's words: `Init Drn Ok`. */
  readonly status: string;
  /** Requests under way; undefined: what stands there is no count. */
  readonly busy: number | undefined;
}

const columns = ['Worker URL', 'Status', 'Busy'] as const;

/**
 * Reads the page of mod_proxy_balancer 2.4. Its HTML is fixed text with values in it, written by `balancer_display_page()`;
 * whatever does not look like that as a whole gives undefined, so that no other page is taken for it.
 */
export function parseManagerPage(html: string): ManagerPage | undefined {
  if (!html.includes('<title>Balancer Manager</title>') || !html.trimEnd().endsWith('</html>')) return undefined;
  const serverName = /<h1>Load Balancer Manager for ([^<]+)<\/h1>/.exec(html)?.[1];
  if (serverName === undefined) return undefined;
  const balancers = new Map<string, Balancer>();
  for (const section of html.split('<h3>LoadBalancer Status for ').slice(1)) {
    const read = readBalancer(section);
    if (read === undefined) return undefined;
    balancers.set(read.name, read.balancer);
  }
  const persists = html.includes('Balancer changes will be persisted');
  return { serverName: decodeEntities(serverName), persists, balancers };
}

function readBalancer(section: string): { readonly name: string; readonly balancer: Balancer } | undefined {
  const heading = /^<a href=["'][^"']*[?&;]nonce=([\w-]*)["']>balancer:\/\/([^<]+)<\/a>/.exec(section);
  const table = /<table><tr>(<th>Worker URL<\/th>(?:<th>[^<]*<\/th>)*)<\/tr>([\s\S]*?)<\/table>/.exec(section);
  if (heading === null || table === null) return undefined;
  const [, nonce = '', name = ''] = heading;
  const [, headings = '', body = ''] = table;
  const titles = textsBetween(headings, /<th>([^<]*)<\/th>/g);
  const places = columns.map((column) => titles.indexOf(column));
  if (places.includes(-1)) return undefined;
  const workers: Worker[] = [];
  for (const row of body.split('</tr>').filter((text) => text.trim() !== '')) {
    const cells = textsBetween(row, /<td>([\s\S]*?)<\/td>/g);
    const worker = readWorker(places.map((place) => cells[place]));
    if (worker === undefined) return undefined;
    workers.push(worker);
  }
  return { name: decodeEntities(name).toLowerCase(), balancer: { nonce, workers } };
}

function readWorker([link, status, busy]: readonly (string | undefined)[]): Worker | undefined {
  const parts = /^<a href=["'][^"']*[?&;]w=([^"']*)(?:&amp;|&)nonce=[\w-]*["']>([\s\S]+)<\/a>$/.exec(link ?? '');
  const [, key, shown] = parts ?? [];
  if (key === undefined || shown === undefined || status === undefined || busy === undefined) return undefined;
  // A worker of a Unix socket stands in italics.
  const name = decodeEntities(shown.replace(/^<i>([\s\S]*)<\/i>$/, '$1'));
  return { name, key: decodeEntities(key), status: status.trim(), busy: parseCount(busy) };
}

function textsBetween(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, inner = '']) => inner);
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#34': '"' };

function decodeEntities(text: string): string {
  return text.replace(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole);
}

/** The worker that `url` names, as BalancerMember writes it or as Apache spells it; undefined: there is none. */
export function findWorker({ workers }: Balancer, url: string): Worker | undefined {
  const wanted = canonical(url);
  return workers.find(({ name }) => name === url) ?? workers.find(({ name }) => canonical(name) === wanted);
}

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443', ajp: '8009', ws: '80', wss: '443' };

/** Apache writes scheme and host in lower case and leaves out the scheme's own port. */
function canonical(url: string): string {
  const [, socket = '', scheme = '', host = '', port = '', path = ''] =
    /^(unix:[^|]*\|)?(\w+):\/\/(\[[^\]]*\]|[^/:]*)(?::(\d+))?(\/.*)?$/i.exec(url) ?? [];
  if (scheme === '') return url;
  const kept = port === '' || port === defaultPorts[scheme.toLowerCase()] ? '' : `:${port}`;
  return `${socket}${scheme.toLowerCase()}://${host.toLowerCase()}${kept}${path === '/' ? '' : path}`;
}

import { type Exchange, pathOf, type Refusal, refuse, send } from '../../rpc/exchange.ts';
import { closest } from '../../suggest.ts';
import type { Health } from './health.ts';
import type { HealthBook } from './health-book.ts';

/** What is answered from. */
export interface HttpSources {
  readonly health: Pick<HealthBook, 'overall' | 'find' | 'names'>;
  /** Told of each health of a process, `group:name`, that has gone out, and whom it went to. */
  readonly onAnswered: (process: string, remoteAddress: string, answer: 'in' | 'out') => void;
  /** The metrics as Prometheus reads them. Never rejects. */
  readonly scrape: () => Promise<{ readonly type: string; readonly text: string }>;
}

const textType = 'text/plain; charset=utf-8';
const there = 'GET /health, /health/GROUP, /health/GROUP:NAME and /metrics are answered';

/** Who asks for a longer name has misspelt nothing; to compare it with all that there are would take long. */
const longestNameToCompare = 200;

/** Answers one request for a health or for the metrics. */
export async function answer(exchange: Exchange, { health, onAnswered, scrape }: HttpSources): Promise<void> {
  const { request, response } = exchange;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuse(exchange, { status: 405, text: `Only ${there}.`, headers: { Allow: 'GET, HEAD' } });
  }
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  const path = pathOf(exchange);
  if (path === '/metrics') {
    const { type, text } = await scrape();
    return send(exchange, 200, type, text);
  }
  if (path === '/health') return sendHealth(exchange, health.overall());
  const name = nameIn(path);
  if (name === undefined) return refuse(exchange, { status: 404, text: `There is nothing here; ${there}.` });
  const known = health.find(name);
  const found = known ?? insteadOf(health);
  if (found === undefined) return refuse(exchange, unknown(name, health.names()));
  const { remoteAddress } = request.socket;
  if (known !== undefined && name.includes(':') && remoteAddress !== undefined) {
    response.once('finish', () => onAnswered(name, remoteAddress, known.state === 'up' ? 'in' : 'out'));
  }
  sendHealth(exchange, found);
}

/** The name in `/health/NAME`; undefined where there is none, or its percent-encoding is broken. */
function nameIn(path: string): string | undefined {
  const [, encoded] = /^\/health\/([^/]+)$/.exec(path) ?? [];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** While nothing is known, nothing is unknown either. */
function insteadOf(health: HttpSources['health']): Health | undefined {
  return health.names().length === 0 && health.overall().state !== 'up' ? health.overall() : undefined;
}

function sendHealth(exchange: Exchange, { state, why }: Health): void {
  send(exchange, state === 'up' ? 200 : 503, textType, `${state}\n${why}\n`);
}

function unknown(name: string, names: readonly string[]): Refusal {
  const isLong = name.length > longestNameToCompare;
  const meant = isLong ? undefined : closest(name, names);
  const shown = isLong ? `${name.slice(0, longestNameToCompare)}…` : name;
  const hint = meant === undefined ? '"drainctl status" lists the names' : `did you mean "${meant}"?`;
  return { status: 404, text: `supervisord has no process or group ${JSON.stringify(shown)}; ${hint}` };
}

import { type HttpAnswer, httpRequest } from '../../http-request.ts';
import { readSecret } from '../../secret.ts';
import { readTls, type TlsFiles } from '../../tls-files.ts';
import { noAnswer, unreadable } from '../request-errors.ts';
import { type Change, hasReached, isStatus } from './decisions.ts';
import { changesOff, noSuchWorker, notCarriedOut, notManager, refused } from './errors.ts';
import { findWorker, type ManagerPage, parseManagerPage, type Worker } from './page.ts';

/** How the manager is spoken to. */
export interface ManagerSettings {
  /** For Basic authentication. */
  readonly login: { readonly username: string; readonly password_file: string } | undefined;
  readonly tls: TlsFiles | undefined;
  readonly timeoutMs: number;
}

/** What names a worker. */
export interface WorkerName {
  /** In lower case, without `balancer://`. */
  readonly balancer: string;
  /** Its URL. */
  readonly worker: string;
}

/** What a person calls it. */
export function labelOf({ balancer, worker }: WorkerName): string {
  return `${balancer} ${worker}`;
}

/** The balancer manager at one address. Each call is one request; a change that met a reload is two. */
export interface Manager {
  page(signal: AbortSignal): Promise<ManagerPage>;
  /** Makes a change to one worker, and reads in the answer that it has come about. `page` is a fresh one. */
  change(name: WorkerName, change: Change, page: ManagerPage, signal: AbortSignal): Promise<void>;
}

/** 8 MiB: some 10,000 workers. */
const maxPageBytes = 8 * 1024 * 1024;

/** Its letter in the manager's form. */
const letters = { Drn: 'N', Dis: 'D' } as const;

/** Opens no connection yet; each call makes its own. https://httpd.apache.org/docs/2.4/mod/mod_proxy_balancer.html */
export function openManager(url: URL, settings: ManagerSettings): Manager {
  const what = `Apache's balancer manager at ${url.href}`;

  async function call(method: 'GET' | 'POST', more: Partial<Sent>, signal: AbortSignal): Promise<ManagerPage> {
    const orUnreadable = (error: Error) => {
      signal.throwIfAborted();
      throw unreadable(what, error);
    };
    const credentials = await authorization(settings, signal).catch(orUnreadable);
    const tls = await readTls(settings.tls, signal).catch(orUnreadable);
    const request = { url, method, headers: { ...credentials, ...more.headers }, body: more.body, tls };
    let answer: HttpAnswer;
    try {
      answer = await httpRequest({ ...request, timeoutMs: settings.timeoutMs }, signal, maxPageBytes);
    } catch (error) {
      signal.throwIfAborted();
      throw noAnswer(what, error instanceof Error ? error : new Error(String(error)));
    }
    if (answer.status !== 200) throw refused(what, method, answer);
    const page = parseManagerPage(answer.body);
    if (page === undefined || !isReadable(page)) throw notManager(url.href, answer.body);
    return page;
  }

  /** Posts the change and gives the page that answers it. */
  async function post(name: WorkerName, change: Change, page: ManagerPage, signal: AbortSignal): Promise<ManagerPage> {
    const { key, nonce } = locate(what, name, page);
    if (nonce === '') throw changesOff(what, name.balancer);
    const headers = { Referer: refererFor(url, page), 'Content-Type': 'application/x-www-form-urlencoded' };
    return call('POST', { headers, body: formOf(name.balancer, key, nonce, change) }, signal);
  }

  return {
    page: (signal) => call('GET', {}, signal),
    async change(name, change, page, signal) {
      const isDone = (now: ManagerPage) => hasReached(locate(what, name, now).status, change);
      if (isDone(page)) return;
      let now = await post(name, change, page, signal);
      if (isDone(now)) return;
      // Reloaded between the two requests, where the nonce is another: the answer has the new one.
      if (locate(what, name, now).nonce !== locate(what, name, page).nonce) now = await post(name, change, now, signal);
      if (!isDone(now)) throw notCarriedOut(what, labelOf(name), locate(what, name, now).status);
    },
  };
}

/** The worker on a page, and the nonce that a change of it must carry. */
function locate(what: string, name: WorkerName, { balancers }: ManagerPage): Worker & { readonly nonce: string } {
  const balancer = balancers.get(name.balancer);
  const worker = balancer && findWorker(balancer, name.worker);
  if (worker === undefined) throw noSuchWorker(what, [labelOf(name)], []);
  return { ...worker, nonce: balancer?.nonce ?? '' };
}

function formOf(balancer: string, key: string, nonce: string, change: Change): string {
  const form = new URLSearchParams({ b: balancer, w: key, nonce });
  for (const flag of ['Drn', 'Dis'] as const) {
    if (change[flag] !== undefined) form.set(`w_status_${letters[flag]}`, change[flag] ? '1' : '0');
  }
  return form.toString();
}

interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Apache 2.4.41 and later heeds only requests that come from a page of its own name, as it knows it. */
function refererFor(url: URL, { serverName }: ManagerPage): string {
  const host = serverName.includes(':') ? `[${serverName}]` : serverName;
  return `${url.protocol}//${host}${url.pathname}`;
}

function isReadable({ balancers }: ManagerPage): boolean {
  return [...balancers.values()].every(({ workers }) => workers.every(({ status }) => isStatus(status)));
}

async function authorization({ login }: ManagerSettings, signal: AbortSignal): Promise<Record<string, string>> {
  if (login === undefined) return {};
  const { username, password_file: file } = login;
  const password = await readSecret({ file }, signal);
  return { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/**
 * Apache httpd's mod_proxy_balancer, through its balancer manager. Checked against Apache 2.4.71.
 *
 * A worker is taken out with its draining mode, and counted by its `Busy`. One poll of an address is one request, however
 * many members; a change is one request more for each worker, because the manager's form has one. The page is read as
 * HTML: only there is the nonce in every 2.4, and `?xml=1` asks for a Referer besides.
 *
 * Reference: https://httpd.apache.org/docs/2.4/mod/mod_proxy_balancer.html
 */
import pLimit from 'p-limit';
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { httpUrlSchema } from '../http-options.ts';
import { secretFileSchema } from '../secret.ts';
import { tlsSchema } from '../tls-files.ts';
import {
  beforeOf,
  type Change,
  type DepoolPolicy,
  depoolChange,
  isOtherHand,
  placementOf,
  readBefore,
  repoolChange,
} from './apache-balancer/decisions.ts';
import { noSuchWorker, unreadableBefore } from './apache-balancer/errors.ts';
import { labelOf, openManager } from './apache-balancer/manager.ts';
import { findWorker, type ManagerPage } from './apache-balancer/page.ts';
import { type ReloadWatch, watchReloads } from './apache-balancer/reloads.ts';
import { definePool, type MemberState, type Pool, type PoolProblem } from './pool.ts';

const addressSchema = httpUrlSchema('http://127.0.0.1/balancer-manager')
  .transform((text) => new URL(text))
  .refine(({ username, search, hash }) => username + search + hash === '', 'write it without user, query and fragment');

const options = z.object({
  addresses: z
    .array(addressSchema)
    .min(1, 'name at least one address')
    .refine((all) => new Set(all.map(({ href }) => href)).size === all.length, 'an address is named twice')
    .describe('The balancer managers of all Apaches: `http://` or `https://` URLs.'),
  login: z
    .strictObject({
      username: z
        .string()
        .regex(/^[^:]+$/, 'must not hold a colon')
        .describe('The user.'),
      password_file: secretFileSchema.describe('Holds the password, read at each request.'),
    })
    .optional()
    .describe('For Basic authentication, where Apache asks for it.'),
  tls: tlsSchema.optional().describe('For `https://`.'),
  depool: z
    .enum(['drain', 'disable'])
    .default('drain')
    .describe('`drain` (Drn) lets clients of a sticky session in; `disable` (Dis) sends them to another worker.'),
  disable_after: durationSchema
    .optional()
    .describe('After this long in drain, `disable`: for clients of a sticky session that come back.'),
  count: z
    .boolean()
    .default(true)
    .describe('False: `Busy` does not say what is in flight, because it is wrong; then a probe must.'),
  after_reload: durationSchema
    .prefault('60s')
    .describe("How long after a reload of Apache in flight is unknown: its old processes' requests are not in `Busy`."),
  timeout: durationSchema.prefault('2s').describe('The longest that one request may take.'),
});

const member = z.object({
  balancer: z
    .string()
    .regex(/^[^\s/]+$/, 'write the name without "balancer://"')
    .describe('The balancer: NAME of `<Proxy balancer://NAME>`.'),
  worker: z
    .string()
    .regex(/^(?:unix:[^|]+\|)?\w+:\/\/\S+$/, 'write its URL, as BalancerMember has it')
    .describe('The worker: the URL of its `BalancerMember`.'),
});

type Options = z.output<typeof options>;
type Member = z.output<typeof member>;

/** See the head of this file. */
export const apacheBalancer = definePool({
  name: 'apache_balancer',
  summary: "Apache httpd's mod_proxy_balancer, through its balancer manager; it counts each worker's requests itself.",
  reference: 'https://httpd.apache.org/docs/2.4/mod/mod_proxy_balancer.html#balancer_manager',
  options,
  member,
  example: `pools:
  lb:
    driver: apache_balancer
    addresses: [http://127.0.0.1/balancer-manager]
programs:
  web:
    members:
      - { pool: lb, balancer: app, worker: "http://127.0.0.1:81%(process_num)02d" }
`,
  label: labelOf,
  open: (settings) => settings.addresses.map((address) => openAddress(address, settings)),
});

/** So many changes at a time. */
const changeLimit = 8;

/** One Apache; how it is spoken to is in `apache-balancer/manager.ts`, what its words mean in `apache-balancer/decisions.ts`. */
function openAddress(address: URL, settings: Options): Pool<Member> {
  const what = `Apache's balancer manager at ${address.href}`;
  const policy: DepoolPolicy = { depool: settings.depool, disableAfterMs: settings.disable_after };
  const reloads = watchReloads(settings.after_reload);
  const manager = openManager(address, {
    login: settings.login,
    tls: settings.tls,
    timeoutMs: settings.timeout,
  });

  /** Changes what `decide` wants changed; all that can be is, then the others are told. */
  async function each<Item extends { readonly member: Member }>(
    items: readonly Item[],
    signal: AbortSignal,
    decide: (item: Item, status: string) => Change | undefined,
  ): Promise<void> {
    const page = await manager.page(signal);
    const limit = pLimit(changeLimit);
    const unknown: string[] = [];
    const work = items.flatMap((item) => {
      const found = workerOf(page, item.member);
      if (found === undefined) unknown.push(labelOf(item.member));
      const change = found && decide(item, found.status);
      return change === undefined ? [] : [limit(() => manager.change(nameOf(item.member), change, page, signal))];
    });
    const outcomes = await Promise.allSettled(work);
    signal.throwIfAborted();
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    if (unknown.length > 0) throw noSuchWorker(what, unknown, allWorkers(page));
  }

  return {
    address: address.href,
    settleMs: 0,
    tightensAfterMs: policy.depool === 'drain' ? policy.disableAfterMs : undefined,
    counts: settings.count,

    async state(members, signal) {
      signal.throwIfAborted();
      if (members.length === 0) return [];
      const page = await manager.page(signal);
      return members.map((of) => memberState(of, page, settings.count ? reloads : undefined, policy));
    },

    async depool(members, signal) {
      signal.throwIfAborted();
      await each(members, signal, ({ outForMs }, status) => depoolChange(status, policy, outForMs));
    },

    async repool(members, signal) {
      signal.throwIfAborted();
      const read = members.map(({ member: of, before }) => {
        const was = readBefore(before);
        if (was === undefined) throw unreadableBefore(what, labelOf(of));
        return { member: of, was };
      });
      await each(read, signal, ({ was }, status) => repoolChange(status, was, policy));
    },

    isOtherHand,

    check: async (members, signal) => findProblems(what, members, await manager.page(signal), settings.count),
  };
}

function nameOf({ balancer, worker }: Member): Member {
  return { balancer: balancer.toLowerCase(), worker };
}

function workerOf(page: ManagerPage, of: Member) {
  const { balancer: name, worker } = nameOf(of);
  const balancer = page.balancers.get(name);
  return balancer && findWorker(balancer, worker);
}

function allWorkers({ balancers }: ManagerPage): string[] {
  return [...balancers].flatMap(([balancer, { workers }]) => workers.map(({ name }) => `${balancer} ${name}`));
}

function memberState(
  of: Member,
  page: ManagerPage,
  reloads: ReloadWatch | undefined,
  policy: DepoolPolicy,
): MemberState {
  const worker = workerOf(page, of);
  if (worker === undefined) {
    const inFlightUnknown = 'Apache does not know this worker';
    return { placement: 'missing', text: 'no such worker', before: null, inFlight: undefined, inFlightUnknown };
  }
  const { status, busy } = worker;
  const known = { placement: placementOf(status), text: status, before: beforeOf(status, policy), inFlight: undefined };
  if (reloads === undefined) return known;
  const why = reloads.whyUnknown(page, of.balancer.toLowerCase());
  if (why !== undefined) return { ...known, inFlightUnknown: why };
  if (busy === undefined) return { ...known, inFlightUnknown: "Apache's count (Busy) of this worker is no number" };
  return { ...known, inFlight: busy };
}

function findProblems(what: string, members: readonly Member[], page: ManagerPage, counts: boolean): PoolProblem[] {
  const names = [...new Set(members.map((of) => nameOf(of).balancer))];
  const off = names.filter((name) => page.balancers.get(name)?.nonce === '');
  const problems: PoolProblem[] = off.map((name) => ({
    message: `${what} takes no changes of balancer ${name}: its nonce is off.`,
    remedy: `Take "nonce=None" out of <Proxy balancer://${name}>, and reload Apache.`,
  }));
  if (page.persists && counts) {
    problems.push({
      message: `${what} has BalancerPersist on: after a reload under load its count Busy stays too high for ever, so that a drain lasts until its deadline.`,
      remedy:
        'Set "count: false" in the pool and give the program a probe in "in_flight", or take BalancerPersist out.',
    });
  }
  return problems;
}

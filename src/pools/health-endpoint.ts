/**
 * The sidecar's own health endpoint, `/health/GROUP:NAME` at `sidecar.http`, for load balancers that check it: it answers
 * 503 as soon as the journal says that a process is taken out, and 200 again when it is put back.
 *
 * A load balancer acts only after it was told so several times, in its own time. The sidecar knows who asks, and what it
 * was answered: a member has settled when all who have asked lately have been answered 503 `fall` times in a row. What
 * nobody knows takes the longest time, `settle`: who asks, while the sidecar is new, and whether anybody does.
 *
 * Reference: https://docs.haproxy.org/2.6/configuration.html#4-http-check%20send
 */
import { isIP } from 'node:net';
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { DrainctlError } from '../errors.ts';
import { monotonicMs, sleep, withTimeout } from '../time.ts';
import { noticed, sayWaiting, type Wanted } from './health-endpoint/decisions.ts';
import { definePool, type MemberState, type Pool, type PoolServices } from './pool.ts';
import type { HealthChecks } from './sidecar-services.ts';
import { noSuchProcess, supervisordFailed, tooLate } from './supervisord-errors.ts';

const count = z.int().min(1).max(100);

const options = z.object({
  fall: count
    .default(3)
    .describe(
      "How many times in a row a checker must have been answered 503 before it sends no more: HAProxy's `fall`.",
    ),
  rise: count
    .default(2)
    .describe("How many times in a row a checker must have been answered 200 before it sends again: HAProxy's `rise`."),
  settle: durationSchema
    .prefault('30s')
    .describe(
      'The longest wait for that; the whole of it where nobody has asked within that time. At least `inter` × (`fall` + 1) ' +
        'of the slowest checker.',
    ),
  checkers: z
    .array(z.string().refine((text) => isIP(text) !== 0, 'write an IP address, such as 10.0.0.7'))
    .min(1, 'name at least one address')
    .optional()
    .describe(
      'Only checks from these IP addresses count. Without it everybody who asks does, also a person with curl.',
    ),
  timeout: durationSchema.prefault('5s').describe('The longest that one call to supervisord may take.'),
});

const member = z.object({
  process: z
    .string()
    .min(1)
    .prefault('%(group_name)s:%(process_name)s')
    .describe('The process whose `/health/GROUP:NAME` is checked, as supervisord names it.'),
});

type Options = z.output<typeof options>;
type Member = z.output<typeof member>;

/** See the head of this file. */
export const healthEndpoint = definePool({
  name: 'health_endpoint',
  summary: "Load balancers that check the sidecar's own `/health/GROUP:NAME`; measures when they have noticed.",
  reference: 'https://docs.haproxy.org/2.6/configuration.html#4-http-check%20send',
  options,
  member,
  example: `sidecar:
  http: 0.0.0.0:9011      # what the load balancers check
pools:
  lb:
    driver: health_endpoint
    fall: 3
    settle: 10s           # HAProxy: check inter 2s fall 3
programs:
  web:
    members:
      - pool: lb
    in_flight:
      - { probe: tcp }
`,
  needsHealthEndpoints: true,
  label: ({ process }) => process,
  open: (settings, services) => [openPool(settings, services)],
});

/** The journal tells pools apart by their addresses, and there is but one sidecar. */
const address = 'sidecar';

const lookEveryMs = 50;

function openPool(settings: Options, services: PoolServices): Pool<Member> {
  /** When members were put back, until that was noticed. */
  const putBackAt = new Map<string, number>();

  const wants = (answer: Wanted['answer'], changedAtMs: number): Wanted => ({
    answer,
    times: answer === 'out' ? settings.fall : settings.rise,
    changedAtMs,
    windowMs: settings.settle,
  });

  function checkedNow(checks: HealthChecks, process: string) {
    const checkers = checks
      .of(process)
      .filter((checker) => settings.checkers === undefined || settings.checkers.includes(checker.address));
    return { checkers, knownSinceMs: checks.sinceMs, nowMs: monotonicMs() };
  }

  async function pidsOf(signal: AbortSignal): ReturnType<PoolServices['processPids']> {
    signal.throwIfAborted();
    try {
      return await withTimeout(
        settings.timeout,
        signal,
        () => tooLate(settings.timeout),
        (limited) => services.processPids(limited),
      );
    } catch (error) {
      signal.throwIfAborted();
      throw supervisordFailed(error);
    }
  }

  function stateOf(process: string, pid: number | undefined, checks: HealthChecks): MemberState {
    const rest = { before: null, inFlight: undefined };
    if (services.takenOutAt(address, process) !== undefined)
      return { placement: 'out', text: sayOut(checks, process), ...rest };
    if (pid === 0) return { placement: 'down', text: 'answers 503: it does not run', ...rest };
    const waiting = sayNotBackYet(checks, process);
    if (waiting === '') return { placement: 'in', text: 'answers 200', ...rest };
    return { placement: 'down', text: `answers 200, not yet noticed by ${waiting}`, ...rest };
  }

  function sayOut(checks: HealthChecks, process: string): string {
    const checked = checkedNow(checks, process);
    const wanted = wants('out', checked.nowMs);
    const why = noticed(checked, wanted);
    if (why === 'not all') return `answers 503, not yet noticed by ${sayWaiting(checked, wanted)}`;
    if (why === 'all') return 'answers 503';
    return `answers 503; ${why === 'unknown' ? 'it is too early to know who asks' : 'nobody has asked lately'}`;
  }

  /** Who has not noticed yet that it is back; "" where all have, or `settle` has passed. */
  function sayNotBackYet(checks: HealthChecks, process: string): string {
    const changedAtMs = putBackAt.get(process);
    if (changedAtMs === undefined) return '';
    const checked = checkedNow(checks, process);
    const wanted = wants('in', changedAtMs);
    const waits = noticed(checked, wanted) === 'not all' && checked.nowMs - changedAtMs < settings.settle;
    if (!waits) putBackAt.delete(process);
    return waits ? sayWaiting(checked, wanted) : '';
  }

  return {
    address,
    settleMs: settings.settle,
    counts: false,

    async state(members, signal) {
      const checks = checksOf(services);
      const pids = await pidsOf(signal);
      return members.map(({ process }) =>
        pids.has(process) ? stateOf(process, pids.get(process), checks) : unknownProcess,
      );
    },

    /** The journal names it, and with that it is out already: the endpoint answers by the journal. */
    async depool(members, signal) {
      signal.throwIfAborted();
      checksOf(services);
      for (const { member: of } of members) putBackAt.delete(of.process);
      const pids = await pidsOf(signal);
      const missing = members.filter(({ member: { process } }) => !pids.has(process));
      if (missing.length > 0) throw noSuchProcess(missing.map(({ member: { process } }) => process));
    },

    async settled({ process }, signal) {
      const wanted = wants('out', monotonicMs());
      for (;;) {
        const checks = services.healthChecks;
        if (checks !== undefined && noticed(checkedNow(checks, process), wanted) === 'all') return;
        await sleep(lookEveryMs, signal);
      }
    },

    /** It is back as soon as the journal does not name it any more, which is when this has resolved. */
    async repool(members, signal) {
      signal.throwIfAborted();
      checksOf(services);
      for (const { member: of } of members) putBackAt.set(of.process, monotonicMs());
    },
  };
}

const unknownProcess: MemberState = {
  placement: 'missing',
  text: 'supervisord has no such process',
  before: null,
  inFlight: undefined,
};

function checksOf({ healthChecks }: PoolServices): HealthChecks {
  if (healthChecks !== undefined) return healthChecks;
  const message =
    'Nobody answers health checks: only the sidecar does, from its start on with sidecar.http set, and this is not one that does. Load balancers that check it find all of its processes down.';
  throw new DrainctlError('POOL_UNREACHABLE', message, {
    hint: 'Start the sidecar: supervisorctl start drain. Where it runs, restart it, so that it sees sidecar.http: supervisorctl restart drain',
  });
}

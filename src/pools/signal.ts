/**
 * A worker that fetches its work itself and stops doing so on a signal, such as Sidekiq on TSTP. The signal is sent
 * through supervisord; while supervisord shuts down and passes none on, by ourselves.
 *
 * What a worker was told can't be read from it. What is known is what we did, and after a restart of drainctl what the
 * journal says; both hold for one start of the process, told by its pid and the time that the kernel started it. A
 * worker that was started since takes work again.
 *
 * Reference: http://supervisord.org/api.html#supervisor.rpcinterface.SupervisorNamespaceRPCInterface.signalProcess
 */
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { signalNameSchema } from '../signal-name.ts';
import { withTimeout } from '../time.ts';
import { definePool, type MemberState, type Pool, type PoolProblem, type PoolServices } from './pool.ts';
import { handlingHint, needsRestart, notHandled, sayNotHandled } from './signal/errors.ts';
import { type Instance, readHandling, readInstance } from './signal/instance.ts';
import { isToldOff, mayBeToldOff, type Told, toldNow } from './signal/told.ts';
import { noSuchProcess, supervisordFailed, tooLate } from './supervisord-errors.ts';

const options = z.object({
  signal: signalNameSchema.prefault('TSTP').describe('Tells the process to take no more work.'),
  resume: signalNameSchema.optional().describe('Tells it to take work again. Without it, only a restart puts it back.'),
  settle: durationSchema
    .prefault('3s')
    .describe('How long it may still take work after the signal: one fetch that is under way, for Sidekiq 2 s.'),
  timeout: durationSchema.prefault('5s').describe('The longest that one call to supervisord may take.'),
});

const member = z.object({
  process: z
    .string()
    .min(1)
    .prefault('%(group_name)s:%(process_name)s')
    .describe('The process that gets the signal, as supervisord names it.'),
});

type Options = z.output<typeof options>;
type Member = z.output<typeof member>;

/** See the head of this file. */
export const signal = definePool({
  name: 'signal',
  summary: 'A worker that takes no new jobs once it got a signal, such as Sidekiq; sent through supervisord.',
  reference: 'http://supervisord.org/api.html#supervisor.rpcinterface.SupervisorNamespaceRPCInterface.signalProcess',
  options,
  member,
  example: `pools:
  quiet:
    driver: signal
    signal: TSTP
programs:
  worker:
    members:
      - pool: quiet
    in_flight:
      - { probe: exec, command: [/usr/local/bin/jobs-running, "%(process_name)s"] }
`,
  label: ({ process }) => process,
  open: (settings, services) => [openPool(settings, services)],
});

/** The journal tells pools apart by their addresses, and there is but one supervisord. */
const address = 'supervisord';

/** Signals that do nothing to a process without a handler. signal(7) */
const harmless: readonly string[] = ['CONT', 'CHLD', 'URG', 'WINCH'];

function openPool(settings: Options, services: PoolServices): Pool<Member> {
  const told = new Map<string, Told>();
  const tell = `told ${settings.signal}`;

  async function inTime<T>(signal: AbortSignal, work: (limited: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await withTimeout(settings.timeout, signal, () => tooLate(settings.timeout), work);
    } catch (error) {
      signal.throwIfAborted();
      throw supervisordFailed(error);
    }
  }

  const pidsOf = (signal: AbortSignal) => inTime(signal, (limited) => services.processPids(limited));
  const send = (name: string, which: string, signal: AbortSignal) =>
    inTime(signal, (limited) => services.signalProcess(name, which, limited));

  /** Does the work for every process that runs. All that can be told are, then it rejects with what went wrong. */
  async function each(
    members: readonly Member[],
    signal: AbortSignal,
    work: (name: string, pid: number | undefined) => Promise<void>,
  ): Promise<void> {
    const pids = await pidsOf(signal);
    const names = [...new Set(members.map(({ process }) => process))];
    const running = names.filter((name) => pids.has(name) && pids.get(name) !== 0);
    const outcomes = await Promise.allSettled(running.map((name) => work(name, pids.get(name))));
    signal.throwIfAborted();
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    const missing = names.filter((name) => !pids.has(name));
    if (missing.length > 0) throw noSuchProcess(missing);
  }

  /** One that was told before is told again: another drainctl may have resumed it. */
  async function takeOut(name: string, pid: number | undefined, signal: AbortSignal): Promise<void> {
    const instance = await instanceOf(pid);
    if (instance === undefined) return send(name, settings.signal, signal);
    const handling = await readHandling(instance.pid, settings.signal);
    if (handling === 'default' || handling === 'ignored')
      throw notHandled(name, instance.pid, settings.signal, handling);
    told.set(name, toldNow(instance, 'unsure'));
    await send(name, settings.signal, signal);
    told.set(name, toldNow(instance, 'told'));
  }

  async function putBack(name: string, pid: number | undefined, signal: AbortSignal): Promise<void> {
    const instance = await instanceOf(pid);
    const takenOutAtMs = services.takenOutAt(address, name);
    if (instance === undefined || !mayBeToldOff(told.get(name), instance, takenOutAtMs)) return;
    if (settings.resume === undefined) {
      if (isToldOff(told.get(name), instance, takenOutAtMs)) throw needsRestart(name, settings.signal);
      return;
    }
    const handling = await readHandling(instance.pid, settings.resume);
    if (handling === 'default' && !harmless.includes(settings.resume))
      throw notHandled(name, instance.pid, settings.resume, handling);
    told.set(name, toldNow(instance, 'unsure'));
    await send(name, settings.resume, signal);
  }

  async function stateOf(name: string, pids: ReadonlyMap<string, number | undefined>): Promise<MemberState> {
    const pid = pids.get(name);
    const rest = { before: null, inFlight: undefined };
    if (!pids.has(name)) return { placement: 'missing', text: 'supervisord has no such process', ...rest };
    if (pid === 0) return { placement: 'out', text: 'does not run', ...rest };
    const instance = await instanceOf(pid);
    const isOut = instance !== undefined && isToldOff(told.get(name), instance, services.takenOutAt(address, name));
    if (!isOut) return { placement: 'in', text: `not ${tell}`, ...rest };
    return { placement: 'out', text: settings.resume === undefined ? `${tell}, until it is restarted` : tell, ...rest };
  }

  return {
    address,
    settleMs: settings.settle,
    counts: false,
    endsWithProcess: true,

    async state(members, signal) {
      signal.throwIfAborted();
      const pids = await pidsOf(signal);
      return Promise.all(members.map(({ process }) => stateOf(process, pids)));
    },

    async depool(members, signal) {
      signal.throwIfAborted();
      const processes = members.map(({ member: of }) => of);
      await each(processes, signal, (name, pid) => takeOut(name, pid, signal));
    },

    async repool(members, signal) {
      signal.throwIfAborted();
      const processes = members.map(({ member: of }) => of);
      await each(processes, signal, (name, pid) => putBack(name, pid, signal));
    },

    async check(members, signal) {
      const pids = await pidsOf(signal);
      const problems = await Promise.all(
        members.map(({ process }) => findProblem(process, pids.get(process), settings)),
      );
      return problems.flat();
    },
  };
}

async function instanceOf(pid: number | undefined): Promise<Instance | undefined> {
  return pid === undefined ? undefined : readInstance(pid);
}

async function findProblem(name: string, pid: number | undefined, settings: Options): Promise<readonly PoolProblem[]> {
  if (pid === undefined || pid === 0) return [];
  const handling = await readHandling(pid, settings.signal);
  if (handling !== 'default' && handling !== 'ignored') return [];
  return [{ message: sayNotHandled(name, pid, settings.signal, handling), remedy: handlingHint }];
}

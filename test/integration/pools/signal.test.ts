import { beforeAll, describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import type { MemberState, Pool, PoolServices } from '../../../src/pools/pool.ts';
import { signal as driver } from '../../../src/pools/signal.ts';
import { createSupervisor } from '../../../src/supervisor/client.ts';
import { type JournalDouble, journalDouble } from '../../support/contracts/journal-double.ts';
import { describePool, type PoolWorld } from '../../support/contracts/pool.ts';
import { scriptedSocket, silence } from '../../support/contracts/scripted-socket.ts';
import { type Supervisord, startSupervisord } from '../../support/supervisord.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Workers, workersIn } from '../../support/workers.ts';

type Options = Readonly<Record<string, unknown>>;
type Member = { readonly process: string };
const hangMs = 400;
const { signal } = new AbortController();
const [first, second, third] = ['worker:worker_00', 'worker:worker_01', 'worker:worker_02'] as const;

/** What the engine lends a driver, with this supervisord behind it. */
function servicesOf(url: string, takenOutAt: PoolServices['takenOutAt']): PoolServices {
  const supervisor = createSupervisor({ url });
  return {
    signalProcess: (process, name, limited) => supervisor.signalProcess(process, name, limited),
    async processPids(limited) {
      const infos = await supervisor.getAllProcessInfo(limited);
      return new Map(infos.map(({ fullName, pid }) => [fullName, pid]));
    },
    takenOutAt,
    journalIsRead: () => true,
  };
}

function open(url: string, options: Options, journal: JournalDouble): Pool<Member> {
  const [pool] = driver.open(driver.options.parse(options), servicesOf(url, journal.takenOutAt));
  if (pool === undefined) throw new Error('no pool');
  return journal.keep(pool, driver.label);
}

async function stateOf(pool: Pool<Member>, process: string): Promise<MemberState> {
  const [state] = await pool.state([{ process }], signal);
  if (state === undefined) throw new Error('no state');
  return state;
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** A real supervisord with three workers that obey, a program that knows no signals, and one that does not run. */
async function startWorkers(): Promise<{ supervisord: Supervisord; workers: Workers }> {
  const directory = temporaryDirectory();
  const workers = workersIn(directory, 3, ['--resume']);
  const programs = [
    { startsecs: 0, ...workers.program },
    { name: 'deaf', command: '/bin/sleep 600', startsecs: 0 },
    { name: 'idle', command: '/bin/sleep 600', autostart: false },
  ];
  const supervisord = await startSupervisord({ directory, programs });
  await workers.waitUntilReady();
  return { supervisord, workers };
}

async function setUp(): Promise<PoolWorld<Member>> {
  const { supervisord } = await startWorkers();
  const hanging = await scriptedSocket(supervisord.directory.file('hanging.sock'), silence);
  const options = { signal: 'TSTP', resume: 'USR2' };
  const journal = journalDouble();
  return {
    members: [{ process: first }, { process: second }, { process: third }],
    unknown: { process: 'nobody:nobody' },
    open: () => open(supervisord.url, options, journal),
    openUnreachable: () => open(`${supervisord.url}.gone`, options, journal),
    openHanging: () => open(`unix://${hanging.path}`, { ...options, timeout: `${hangMs}ms` }, journal),
    hangMs,
    // What a person told a worker can't be read from it.
    operatorActions: {},
    async reset() {
      const { signalProcess } = servicesOf(supervisord.url, journal.takenOutAt);
      for (const name of [first, second, third]) await signalProcess(name, 'USR2', signal);
      journal.clear();
    },
  };
}

describePool('signal', setUp);

describe('the signal pool', () => {
  let supervisord: Supervisord;
  let workers: Workers;
  const pool = (options: Options = {}, journal = journalDouble()) => open(supervisord.url, options, journal);
  const takeOut = (at: Pool<Member>, process: string) => at.depool([{ member: { process }, outForMs: 0 }], signal);
  const putBack = (at: Pool<Member>, process: string) => at.repool([{ member: { process }, before: null }], signal);

  beforeAll(async () => {
    ({ supervisord, workers } = await startWorkers());
  });

  test('a worker that was told takes no more jobs, and takes them again when it is put back', async () => {
    const at = pool({ resume: 'SIGUSR2' });
    await takeOut(at, first);
    workers.add(first, 2);
    workers.add(second, 2);
    await waitFor(() => workers.jobs(second).done === 2, { what: 'the other worker to work' });
    expect(workers.jobs(first)).toEqual({ waiting: 2, working: 0, done: 0 });
    await putBack(at, first);
    await waitFor(() => workers.jobs(first).done === 2, { what: 'the worker to work again' });
  });

  test('without `resume` only a restart puts a worker back, and the error says so', async () => {
    const at = pool();
    await takeOut(at, third);
    const error = await rejection(putBack(at, third));
    expect(isDrainctlError(error, 'POOL_REFUSED') && error.hint).toBe(`Restart it: drainctl restart ${third}`);
    expect(await stateOf(at, third)).toMatchObject({ placement: 'out', text: 'told TSTP, until it is restarted' });
    await supervisord.ctl(['restart', third]);
    await putBack(at, third);
    expect(await stateOf(at, third)).toMatchObject({ placement: 'in', text: 'not told TSTP' });
  });

  test('after a restart of drainctl it is known from the journal, for this start of the process only', async () => {
    const journal = journalDouble();
    await takeOut(pool({}, journal), second);
    const at = pool({}, journal);
    expect((await stateOf(at, second)).placement).toBe('out');
    expect((await stateOf(at, first)).placement).toBe('in');
    await supervisord.ctl(['restart', second]);
    expect((await stateOf(at, second)).placement).toBe('in');
  });

  test('one that was started since it was taken out gets no signal when it is put back', async () => {
    const journal = journalDouble();
    // As if taken out an hour ago.
    journal.record('supervisord', first, Date.now() - 3_600_000);
    // USR1 would end the worker: it has no handler for that.
    await putBack(pool({ resume: 'USR1' }, journal), first);
    expect((await supervisord.states()).get(first)).toBe('RUNNING');
  });

  test('a process that has no handler for the signal is not sent it', async () => {
    const error = await rejection(takeOut(pool(), 'deaf:deaf'));
    expect(isDrainctlError(error, 'POOL_REFUSED') && error.message).toContain('has no handler for it');
    expect((await stateOf(pool(), 'deaf:deaf')).placement).toBe('in');
  });

  test('a check finds a process that has no handler for the signal', async () => {
    const problems = await pool().check?.([{ process: first }, { process: 'deaf:deaf' }], signal);
    expect(problems?.map(({ message }) => message)).toEqual([expect.stringContaining('deaf:deaf')]);
  });

  test('a process that does not run is out, and needs no signal', async () => {
    await takeOut(pool(), 'idle:idle');
    expect(await stateOf(pool(), 'idle:idle')).toMatchObject({ placement: 'out', text: 'does not run' });
  });
});

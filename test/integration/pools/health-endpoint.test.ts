import { beforeAll, describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { CheckerBook } from '../../../src/pools/checkers.ts';
import { healthEndpoint as driver } from '../../../src/pools/health-endpoint.ts';
import type { MemberState, Pool, PoolServices } from '../../../src/pools/pool.ts';
import type { HealthChecks } from '../../../src/pools/sidecar-services.ts';
import { createSupervisor } from '../../../src/supervisor/client.ts';
import { monotonicMs } from '../../../src/time.ts';
import { type JournalDouble, journalDouble } from '../../support/contracts/journal-double.ts';
import { describePool, type PoolWorld } from '../../support/contracts/pool.ts';
import { scriptedSocket, silence } from '../../support/contracts/scripted-socket.ts';
import { type Supervisord, startSupervisord } from '../../support/supervisord.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

type Options = Readonly<Record<string, unknown>>;
type Member = { readonly process: string };
const hangMs = 400;
const { signal } = new AbortController();
const [first, second, third] = ['web:web_00', 'web:web_01', 'web:web_02'] as const;
const checkerAddress = '10.0.0.7';

/** What a sidecar that has run for an hour lends a driver. */
function book(): CheckerBook {
  return new CheckerBook(monotonicMs() - 3_600_000);
}

function open(url: string, journal: JournalDouble, healthChecks: HealthChecks | undefined, options: Options = {}) {
  const supervisor = createSupervisor({ url });
  const services: PoolServices = {
    signalProcess: async () => {},
    async processPids(limited) {
      const infos = await supervisor.getAllProcessInfo(limited);
      return new Map(infos.map(({ fullName, pid }) => [fullName, pid]));
    },
    takenOutAt: journal.takenOutAt,
    journalIsRead: () => true,
    healthChecks,
  };
  const [pool] = driver.open(driver.options.parse(options), services);
  if (pool === undefined) throw new Error('no pool');
  return journal.keep(pool, driver.label);
}

async function stateOf(pool: Pool<Member>, process: string): Promise<MemberState> {
  const [state] = await pool.state([{ process }], signal);
  if (state === undefined) throw new Error('no state');
  return state;
}

function startPrograms(): Promise<Supervisord> {
  return startSupervisord({
    programs: [
      { name: 'web', command: '/bin/sleep 600', numprocs: 3, process_name: 'web_%(process_num)02d', startsecs: 0 },
      { name: 'idle', command: '/bin/sleep 600', autostart: false },
    ],
    directory: temporaryDirectory(),
  });
}

async function setUp(): Promise<PoolWorld<Member>> {
  const supervisord = await startPrograms();
  await supervisord.waitForRunning([first, second, third]);
  const hanging = await scriptedSocket(supervisord.directory.file('hanging.sock'), silence);
  const journal = journalDouble();
  return {
    members: [{ process: first }, { process: second }, { process: third }],
    unknown: { process: 'nobody:nobody' },
    open: () => open(supervisord.url, journal, book()),
    openUnreachable: () => open(supervisord.url, journal, undefined),
    openHanging: () => open(`unix://${hanging.path}`, journal, book(), { timeout: `${hangMs}ms` }),
    hangMs,
    // Only the journal takes a process out of its health.
    operatorActions: {},
    async reset() {
      journal.clear();
    },
  };
}

describePool('health_endpoint', setUp);

describe('the health_endpoint pool', () => {
  let supervisord: Supervisord;
  beforeAll(async () => {
    supervisord = await startPrograms();
    await supervisord.waitForRunning([first, second, third]);
  });

  /** A pool with one checker, which is told so often. */
  function world(options: Options = {}) {
    const checkers = book();
    const pool = open(supervisord.url, journalDouble(), checkers, { settle: '1h', ...options });
    const tell = (answer: 'in' | 'out', times: number, address = checkerAddress) => {
      // Long enough ago to have arrived.
      for (let told = 0; told < times; told++) checkers.note(first, address, answer, monotonicMs() - 200);
    };
    const takeOut = () => pool.depool([{ member: { process: first }, outForMs: 0 }], signal);
    const putBack = () => pool.repool([{ member: { process: first }, before: null }], signal);
    /** Rejects when it has not within that time. */
    const settled = (limitMs = 20_000) =>
      pool.settled?.({ process: first }, AbortSignal.timeout(limitMs)) ?? Promise.resolve();
    return { pool, tell, takeOut, putBack, settled };
  }

  test('has settled when all checkers were answered 503 `fall` times, and not before', async () => {
    const { tell, takeOut, settled } = world({ fall: 3 });
    tell('in', 5);
    tell('in', 5, '10.0.0.8');
    await takeOut();
    tell('out', 3);
    tell('out', 2, '10.0.0.8');
    await expect(settled(300)).rejects.toThrow();
    tell('out', 1, '10.0.0.8');
    await settled();
  });

  test('says whom it waits for, and how far that one is', async () => {
    const { pool, tell, takeOut } = world({ fall: 3 });
    tell('in', 5);
    await takeOut();
    tell('out', 2);
    expect(await stateOf(pool, first)).toMatchObject({
      placement: 'out',
      text: 'answers 503, not yet noticed by 10.0.0.7 (2 of 3 times)',
    });
  });

  test('never settles by itself where nobody asks, and says so', async () => {
    const { pool, takeOut, settled } = world();
    await takeOut();
    await expect(settled(300)).rejects.toThrow();
    expect((await stateOf(pool, first)).text).toBe('answers 503; nobody has asked lately');
  });

  test('does not count those who are not among its `checkers`', async () => {
    const { tell, takeOut, settled } = world({ checkers: [checkerAddress] });
    tell('in', 5);
    tell('in', 5, '127.0.0.1');
    await takeOut();
    tell('out', 3);
    await settled();
  });

  test('a member that was put back is down until all checkers were answered 200 `rise` times', async () => {
    const { pool, tell, takeOut, putBack } = world({ rise: 2 });
    tell('in', 5);
    await takeOut();
    tell('out', 3);
    await putBack();
    expect(await stateOf(pool, first)).toMatchObject({
      placement: 'down',
      text: 'answers 200, not yet noticed by 10.0.0.7 (0 of 2 times)',
    });
    tell('in', 2);
    expect(await stateOf(pool, first)).toMatchObject({ placement: 'in', text: 'answers 200' });
  });

  test('a process that does not run is down', async () => {
    expect(await stateOf(world().pool, 'idle')).toMatchObject({ placement: 'missing' });
    expect(await stateOf(world().pool, 'idle:idle')).toMatchObject({ placement: 'down' });
  });

  test('without a sidecar that serves healths the error says how to start one', async () => {
    const pool = open(supervisord.url, journalDouble(), undefined);
    const error = await pool.depool([{ member: { process: first }, outForMs: 0 }], signal).catch((thrown) => thrown);
    expect(isDrainctlError(error, 'POOL_UNREACHABLE') && error.hint).toContain('supervisorctl start drain');
  });
});

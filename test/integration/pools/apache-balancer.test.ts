import { chmodSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { apacheBalancer as driver } from '../../../src/pools/apache-balancer.ts';
import type { MemberState, Pool } from '../../../src/pools/pool.ts';
import { startAnsweringServer } from '../../support/contracts/answering-server.ts';
import { startHeldBackend } from '../../support/contracts/held-backend.ts';
import { describePool, type PoolWorld } from '../../support/contracts/pool.ts';
import { startRawServer } from '../../support/contracts/raw-server.ts';
import { noServices } from '../../support/doubles/driver-surroundings.ts';
import { request } from '../../support/http.ts';
import { type ApacheProxyOptions, startApacheProxy } from '../../support/pools/apache-proxy.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

type Member = { readonly balancer: string; readonly worker: string };
type Options = Readonly<Record<string, unknown>>;
const hangMs = 400;
const { signal } = new AbortController();

function open(address: string, options: Options = {}): Pool<Member> {
  const [pool] = driver.open(driver.options.parse({ addresses: [address], ...options }), noServices);
  if (pool === undefined) throw new Error('no pool');
  return pool;
}

async function stateOf(pool: Pool<Member>, member: Member): Promise<MemberState> {
  const [state] = await pool.state([member], signal);
  if (state === undefined) throw new Error('no state');
  return state;
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Three workers that lead to one backend, told apart by their paths; a cookie leads to each. */
async function startWorld(options: Omit<ApacheProxyOptions, 'members'> & { workerOptions?: string } = {}) {
  const { workerOptions = '', ...rest } = options;
  const backend = await startHeldBackend();
  const names = ['web_00', 'web_01', 'web_02'] as const;
  const urlOf = (name: string) => `http://127.0.0.1:${backend.port}/${name}`;
  const apache = await startApacheProxy({
    members: [
      ...names.map((name) => `BalancerMember ${urlOf(name)} route=${name} ${workerOptions}`),
      'ProxySet stickysession=ROUTE',
    ],
    ...rest,
  });
  const member = (name: string): Member => ({ balancer: 'app', worker: urlOf(name) });
  let answers: Promise<unknown>[] = [];
  return {
    apache,
    backend,
    member,
    members: [member('web_00'), member('web_01'), member('web_02')] as const,
    async hold({ worker }: Member, count: number) {
      const before = backend.held;
      const headers = { cookie: `ROUTE=x.${worker.slice(-6)}` };
      answers.push(
        ...Array.from({ length: count }, () =>
          rejection(request(`${apache.url}/held`, { headers, timeoutMs: 60_000 })),
        ),
      );
      await waitFor(() => backend.held === before + count, { what: `${count} requests to be held` });
    },
    async release() {
      backend.release();
      await Promise.all(answers);
      answers = [];
    },
  };
}

async function setUp(options: Options): Promise<PoolWorld<Member>> {
  const { apache, members, hold, release } = await startWorld();
  const hanging = await startRawServer(undefined);
  const operator = (flag: string) => (member: Member) => apache.set(member.worker, { [`w_status_${flag}`]: '1' });
  return {
    members,
    unknown: { balancer: 'app', worker: 'http://127.0.0.1:1' },
    open: () => open(apache.managerUrl, options),
    openUnreachable: () => open('http://127.0.0.1:1/balancer-manager', options),
    openHanging: () => open(`http://127.0.0.1:${hanging.port}/`, { ...options, timeout: `${hangMs}ms` }),
    hangMs,
    operatorActions: { drain: operator('N'), disable: operator('D'), stop: operator('S') },
    async reset() {
      for (const { worker } of members)
        await apache.set(worker, { w_status_N: '0', w_status_D: '0', w_status_S: '0', w_status_H: '0' });
    },
    hold,
    release,
  };
}

describePool('apache_balancer', () => setUp({}));
describePool('apache_balancer with depool: disable', () => setUp({ depool: 'disable' }));

describe('the apache_balancer pool', () => {
  test('polls with one request, and takes out with one more for each worker', async () => {
    const { apache, members } = await startWorld({ extra: 'CustomLog access.log "%m %U"' });
    const pool = open(apache.managerUrl);
    await pool.depool(
      members.slice(0, 2).map((member) => ({ member, outForMs: 0 })),
      signal,
    );
    await pool.state(members, signal);
    const lastLines = () => {
      const lines = apache.file('access.log').split('\n');
      return lines.filter((line) => line.includes('balancer-manager')).slice(-4);
    };
    // Apache writes a line when the answer is on its way.
    await expect
      .poll(lastLines, { timeout: 20_000 })
      .toEqual(['GET /balancer-manager', 'POST /balancer-manager', 'POST /balancer-manager', 'GET /balancer-manager']);
  });

  test('takes out again a member that a reload has put back, and knows that its count is not known then', async () => {
    const { apache, member, hold, release } = await startWorld();
    const pool = open(apache.managerUrl);
    const web = member('web_00');
    await hold(web, 2);
    expect((await stateOf(pool, web)).inFlight).toBe(2);
    await pool.depool([{ member: web, outForMs: 0 }], signal);
    await apache.reload();
    const state = await stateOf(pool, web);
    expect([state.placement, state.inFlight, state.inFlightUnknown]).toEqual([
      'in',
      undefined,
      expect.stringContaining('Apache was reloaded'),
    ]);
    await pool.depool([{ member: web, outForMs: 5_000 }], signal);
    expect((await stateOf(pool, web)).placement).toBe('out');
    await release();
  });

  test('counts again after after_reload', async () => {
    const { apache, member } = await startWorld();
    const pool = open(apache.managerUrl, { after_reload: '1ms' });
    await stateOf(pool, member('web_00'));
    await apache.reload();
    await waitFor(async () => (await stateOf(pool, member('web_00'))).inFlight === 0, { what: 'a count' });
  });

  test('with BalancerPersist a member stays out over a reload, and the check warns of the count', async () => {
    const { apache, member } = await startWorld({ extra: 'BalancerPersist On' });
    const pool = open(apache.managerUrl);
    const web = member('web_00');
    const { before } = await stateOf(pool, web);
    await pool.depool([{ member: web, outForMs: 0 }], signal);
    await apache.reload();
    expect(await stateOf(pool, web)).toMatchObject({ placement: 'out', text: 'Init Drn Ok' });
    await pool.repool([{ member: web, before }], signal);
    expect((await stateOf(pool, web)).placement).toBe('in');
    expect(await pool.check?.([web], signal)).toEqual([
      { message: expect.stringContaining('BalancerPersist'), remedy: expect.stringContaining('count: false') },
    ]);
    expect(await open(apache.managerUrl, { count: false }).check?.([web], signal)).toEqual([]);
  });

  test('lets clients of a sticky session in while it drains, and none once it is disabled', async () => {
    const { apache, backend, member, release, hold } = await startWorld();
    const pool = open(apache.managerUrl, { disable_after: '10s' });
    const web = member('web_00');
    const { before } = await stateOf(pool, web);
    await pool.depool([{ member: web, outForMs: 0 }], signal);
    await hold(web, 1);
    expect((await stateOf(pool, web)).inFlight).toBe(1);
    await pool.depool([{ member: web, outForMs: 10_000 }], signal);
    expect(await apache.status(web.worker)).toBe('Init Drn Dis');
    await hold(web, 1);
    expect((await stateOf(pool, web)).inFlight).toBe(1);
    expect(backend.held).toBe(2);
    await release();
    await pool.repool([{ member: web, before }], signal);
    expect(await apache.status(web.worker)).toBe('Init Ok');
  });

  test("leaves what an operator does in the meantime, and tells it from its own hand's work", async () => {
    const { apache, member } = await startWorld();
    const pool = open(apache.managerUrl);
    const web = member('web_00');
    const { before } = await stateOf(pool, web);
    await pool.depool([{ member: web, outForMs: 0 }], signal);
    expect(pool.isOtherHand?.(before, (await stateOf(pool, web)).before)).toBe(false);
    await apache.set(web.worker, { w_status_S: '1' });
    expect(pool.isOtherHand?.(before, (await stateOf(pool, web)).before)).toBe(true);
    await pool.repool([{ member: web, before }], signal);
    expect(await apache.status(web.worker)).toBe('Init Stop');
  });

  test('keeps a hot standby a standby', async () => {
    const { apache, member } = await startWorld();
    const web = member('web_00');
    await apache.set(web.worker, { w_status_H: '1' });
    const pool = open(apache.managerUrl);
    const before = await stateOf(pool, web);
    expect(before).toMatchObject({ placement: 'in', text: 'Init Stby Ok' });
    await pool.depool([{ member: web, outForMs: 0 }], signal);
    expect(await stateOf(pool, web)).toMatchObject({ placement: 'out', text: 'Init Drn Stby Ok' });
    await pool.repool([{ member: web, before: before.before }], signal);
    expect(await stateOf(pool, web)).toEqual(before);
  });

  test('finds a worker that Apache has found dead down, and one of a Unix socket by its URL', async () => {
    const { apache } = await startWorld({
      extra: `<Proxy balancer://Other>
  BalancerMember HTTP://LocalHost:80/ status=+E
  BalancerMember unix:/run/nobody.sock|http://localhost1
  BalancerMember http://127.0.0.1:81/a%20b
</Proxy>`,
    });
    const pool = open(apache.managerUrl);
    const of = (worker: string) => ({ balancer: 'Other', worker });
    const members = [
      of('http://localhost:80'),
      of('unix:/run/nobody.sock|http://localhost1'),
      of('http://127.0.0.1:81/a%20b'),
    ];
    expect((await pool.state(members, signal)).map(({ placement }) => placement)).toEqual(['down', 'in', 'in']);
    await pool.depool(
      members.map((member) => ({ member, outForMs: 0 })),
      signal,
    );
    expect((await pool.state(members, signal)).map(({ placement }) => placement)).toEqual(['out', 'out', 'out']);
  });

  test('asks with a password, over a name that Apache gives itself', async () => {
    const directory = temporaryDirectory();
    // Apache's processes, which run as another user, read it.
    chmodSync(directory.path, 0o711);
    // The SHA-1 of s3cret.
    const users = directory.write('users', 'drainctl:{SHA}/vNB+F2HQ559kaLUZbmHHvZrXpg=\n');
    const access = `AuthType Basic\n  AuthName manager\n  AuthUserFile ${users}\n  Require valid-user`;
    const { apache, member } = await startWorld({ access, extra: 'UseCanonicalName On' });
    const login = { username: 'drainctl', password_file: directory.write('password', 's3cret\n') };
    const pool = open(apache.managerUrl, { login });
    await pool.depool([{ member: member('web_00'), outForMs: 0 }], signal);
    expect((await stateOf(pool, member('web_00'))).placement).toBe('out');
    const error = await rejection(open(apache.managerUrl).state([member('web_00')], signal));
    expect(isDrainctlError(error, 'POOL_REFUSED') && error.hint).toContain('login');
  });

  test('a balancer that takes no changes is an error that says so', async () => {
    const { apache, member } = await startWorld({ extra: '<Proxy balancer://app>\nProxySet nonce=None\n</Proxy>' });
    const pool = open(apache.managerUrl);
    const error = await rejection(pool.depool([{ member: member('web_00'), outForMs: 0 }], signal));
    expect(isDrainctlError(error, 'POOL_REFUSED') && error.hint).toContain('nonce=None');
    expect(await pool.check?.([member('web_00')], signal)).toHaveLength(1);
  });

  describe('at what is no balancer manager', () => {
    test.each([
      ['another page', 'say/<html><body>welcome</body></html>', 'SetHandler balancer-manager'],
      ['half a page', 'say/<html><head><title>Balancer Manager</title>', 'SetHandler balancer-manager'],
      ['no page', 'status/404', 'SetHandler balancer-manager'],
      ['one that it may not see', 'status/403', 'Require local'],
    ])('%s is refused with what to do', async (_, path, hint) => {
      const server = await startAnsweringServer();
      const pool = open(`${server.url}/${encodeURI(path)}`);
      const error = await rejection(pool.state([{ balancer: 'app', worker: 'http://a' }], signal));
      expect(isDrainctlError(error, 'POOL_REFUSED') && error.hint).toContain(hint);
    });
  });
});

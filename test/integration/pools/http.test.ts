import { beforeAll, describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { http as driver } from '../../../src/pools/http.ts';
import type { MemberState, Pool } from '../../../src/pools/pool.ts';
import { type Balancer, startBalancer } from '../../support/balancer.ts';
import { type AnsweringServer, startAnsweringServer } from '../../support/contracts/answering-server.ts';
import { journalDouble } from '../../support/contracts/journal-double.ts';
import { describePool, type PoolWorld } from '../../support/contracts/pool.ts';
import { scriptedSocket, silence } from '../../support/contracts/scripted-socket.ts';
import { noServices } from '../../support/doubles/driver-surroundings.ts';
import { request } from '../../support/http.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { startTlsServer } from '../../support/tls-server.ts';

type Options = Readonly<Record<string, unknown>>;
const hangMs = 400;
const token = 's3cret';
const { signal } = new AbortController();
const names = ['web_00', 'web_01', 'web_02'];

/** A member as the configuration hands it over, with its defaults. */
const memberOf = (written: Options) => driver.member.parse({ name: 'web:web_00', ...written });
type Member = ReturnType<typeof memberOf>;

function open(options: Options = {}, services = noServices): Pool<Member> {
  const [pool] = driver.open(driver.options.parse(options), services);
  if (pool === undefined) throw new Error('no pool');
  return pool;
}

function balancerMember(adminUrl: string, name: string): Member {
  const set = (state: string) => ({
    method: 'PUT',
    url: `${adminUrl}/servers/${name}/state`,
    body: `{"state":"${state}"}`,
  });
  const pattern = (state: string) => ({ json: '/state', equals: state });
  return memberOf({
    name,
    depool: set('drain'),
    repool: set('up'),
    state: {
      url: `${adminUrl}/servers/${name}`,
      out: { status: [200], json: '/state', equals: 'drain' },
      in: pattern('up'),
    },
  });
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function setUp(kind: 'tcp' | 'unix'): Promise<PoolWorld<Member>> {
  const directory = temporaryDirectory();
  const socketPath = kind === 'unix' ? directory.file('admin.sock') : undefined;
  const balancer = await startBalancer({
    servers: new Map(names.map((name) => [name, 1])),
    ...(socketPath === undefined ? {} : { admin: socketPath, token }),
    mark: directory.path,
  });
  const hanging = await scriptedSocket(directory.file('hanging.sock'), silence);
  const options =
    socketPath === undefined
      ? {}
      : {
          socket: socketPath,
          secret_headers: { Authorization: { file: directory.write('token', `${token}\n`), prefix: 'Bearer ' } },
        };
  const member = (name: string) => balancerMember(balancer.adminUrl, name);
  const set = async (name: string, state: string) => {
    await request(`${balancer.adminUrl}/servers/${name}/state`, {
      method: 'PUT',
      body: JSON.stringify({ state }),
      ...(socketPath === undefined ? {} : { socketPath, headers: { authorization: `Bearer ${token}` } }),
    });
  };
  return {
    members: [member('web_00'), member('web_01'), member('web_02')],
    unknown: member('nobody'),
    open: () => open(options),
    openUnreachable: () => open({ ...options, socket: directory.file('nobody.sock') }),
    openHanging: () => open({ ...options, socket: hanging.path, timeout: `${hangMs}ms` }),
    hangMs,
    operatorActions: { drain: ({ name }) => set(name, 'drain') },
    async reset() {
      for (const name of names) await set(name, 'up');
    },
  };
}

describePool('http over TCP', () => setUp('tcp'));
describePool('http on a Unix socket, with a token', () => setUp('unix'));

describe('the http pool', () => {
  let balancer: Balancer;
  let answering: AnsweringServer;

  beforeAll(async () => {
    const { path: mark } = temporaryDirectory();
    balancer = await startBalancer({ servers: new Map([['web_00', 1]]), token, mark });
    answering = await startAnsweringServer();
  });

  const stateOf = async (pool: Pool<Member>, member: Member): Promise<MemberState | undefined> =>
    (await pool.state([member], signal))[0];
  const at = (path: string, more: Options = {}) =>
    memberOf({
      depool: { url: `${answering.url}${path}`, ...more },
      repool: { url: `${answering.url}${path}`, ...more },
    });
  const depool = (member: Member, options: Options = {}) =>
    rejection(open(options).depool([{ member, outForMs: 0 }], signal));

  test('without a token where one is asked for is POOL_REFUSED, with what to give it', async () => {
    const error = await depool(balancerMember(balancer.adminUrl, 'web_00'));
    expect(isDrainctlError(error, 'POOL_REFUSED') && error.hint).toContain('secret_headers');
  });

  test('shows no secret and no query in an error', async () => {
    const options = { secret_headers: { 'X-Key': { file: temporaryDirectory().write('key', 'hidden') } } };
    const error = await depool(at('/status/403?key=hidden'), options);
    expect(isDrainctlError(error, 'POOL_REFUSED')).toBe(true);
    expect(JSON.stringify(error)).not.toContain('hidden');
  });

  test.each([
    [500, 'POOL_UNREACHABLE'],
    [503, 'POOL_UNREACHABLE'],
    [429, 'POOL_UNREACHABLE'],
    [404, 'POOL_MEMBER_MISSING'],
    [400, 'POOL_REFUSED'],
    [302, 'POOL_REFUSED'],
  ])('an answer with status %i is %s', async (status, code) => {
    expect(await depool(at(`/status/${status}`))).toMatchObject({ code });
  });

  test('a status that is expected is success', async () => {
    expect(await depool(at('/status/409', { expect: [200, 409] }))).toBeUndefined();
  });

  test('one that is not expected is none, be it a 2xx', async () => {
    expect(await depool(at('/status/200', { expect: [204] }))).toMatchObject({ code: 'POOL_REFUSED' });
  });

  test('sends method, headers and body', async () => {
    const request = { method: 'patch', headers: { 'Content-Type': 'text/plain' }, body: 'drain: ü' };
    await depool(at('/say/ok', request), { headers: { 'X-From': 'drainctl' } });
    expect(answering.last).toMatchObject({
      method: 'PATCH',
      headers: { 'content-type': 'text/plain', 'x-from': 'drainctl', 'content-length': '9' },
    });
  });

  test('a state that fits no answer that is known is an error, not "out"', async () => {
    const url = `${answering.url}/say/{"state":"odd"}`;
    const pattern = (equals: string) => ({ json: '/state', equals });
    const member = { ...at('/say/ok'), state: { url, out: pattern('drain'), in: pattern('up') } };
    expect(await rejection(stateOf(open(), memberOf(member)))).toMatchObject({ code: 'POOL_REFUSED' });
  });

  test('without `state` it knows what it did itself, also after a restart of drainctl', async () => {
    const journal = journalDouble();
    const again = () => journal.keep(open({}, { ...noServices, takenOutAt: journal.takenOutAt }), driver.label);
    const member = at('/say/ok');
    const before = (await stateOf(again(), member))?.placement;
    await again().depool([{ member, outForMs: 0 }], signal);
    const out = (await stateOf(again(), member))?.placement;
    await again().repool([{ member, before: null }], signal);
    expect([before, out, (await stateOf(again(), member))?.placement]).toEqual(['in', 'out', 'in']);
  });

  test('without `state` a member whose request failed is not taken for out, although the journal has it', async () => {
    const journal = journalDouble();
    const pool = journal.keep(open({}, { ...noServices, takenOutAt: journal.takenOutAt }), driver.label);
    const member = at('/status/500');
    await rejection(pool.depool([{ member, outForMs: 0 }], signal));
    expect((await stateOf(pool, member))?.placement).toBe('in');
  });

  test('a server whose certificate nobody vouches for is POOL_REFUSED, and one that `ca_file` vouches for is not', async () => {
    const { url, caFile } = await startTlsServer();
    const member = memberOf({ depool: { url }, repool: { url } });
    const error = await depool(member);
    expect(isDrainctlError(error, 'POOL_REFUSED') && error.hint).toContain('ca_file');
    expect(await depool(member, { tls: { ca_file: caFile } })).toBeUndefined();
  });

  test('a certificate that is not there is POOL_REFUSED', async () => {
    const error = await depool(at('/say/ok'), { tls: { ca_file: '/nowhere/ca.pem' } });
    expect(isDrainctlError(error, 'POOL_REFUSED') && error.message).toContain('there is no file /nowhere/ca.pem');
  });

  test('a check finds a secret that is not there', async () => {
    const pool = open({ secret_headers: { Authorization: { env: 'DRAINCTL_TEST_NO_SUCH_VARIABLE' } } });
    expect((await pool.check?.([], signal))?.[0]?.message).toContain('DRAINCTL_TEST_NO_SUCH_VARIABLE is not set');
  });
});

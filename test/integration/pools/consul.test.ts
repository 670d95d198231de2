import { beforeEach, describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { consul as driver } from '../../../src/pools/consul.ts';
import type { MemberState, Pool } from '../../../src/pools/pool.ts';
import { type ConsulServer, startConsulServer } from '../../support/contracts/consul-server.ts';
import { describePool, type PoolWorld } from '../../support/contracts/pool.ts';
import { startRawServer } from '../../support/contracts/raw-server.ts';
import { noServices } from '../../support/doubles/driver-surroundings.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

type Member = { readonly service?: string | undefined };
const hangMs = 400;
const { signal } = new AbortController();
const services = ['web_00', 'web_01', 'web_02'];

function open(address: string, options: Readonly<Record<string, unknown>> = {}): Pool<Member> {
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

async function setUp(socketPath?: string): Promise<PoolWorld<Member>> {
  const consul = await startConsulServer(services, socketPath);
  const hanging = await startRawServer(undefined);
  return {
    members: [{ service: 'web_00' }, { service: 'web_01' }, { service: 'web_02' }],
    unknown: { service: 'nobody' },
    open: () => open(consul.address),
    openUnreachable: () => open(socketPath === undefined ? 'http://127.0.0.1:1' : `unix://${socketPath}.gone`),
    openHanging: () => open(`http://127.0.0.1:${hanging.port}`, { timeout: `${hangMs}ms` }),
    hangMs,
    operatorActions: {
      'service maintenance': async ({ service }) => consul.setMaintenance(service, 'disk is full'),
      'node maintenance': async () => consul.setMaintenance(undefined, 'new kernel'),
    },
    reset: async () => consul.reset(),
  };
}

describePool('consul', () => setUp());
describePool('consul on a Unix socket', () => setUp(temporaryDirectory().file('consul.sock')));

describe('the consul pool', () => {
  let consul: ConsulServer;

  beforeEach(async () => {
    consul = await startConsulServer(services);
  });

  test('polls with two requests, however many members', async () => {
    await open(consul.address).state(
      services.map((service) => ({ service })),
      signal,
    );
    expect(consul.calls.toSorted()).toEqual(['GET /v1/agent/checks', 'GET /v1/agent/services']);
  });

  test('gives a reason that says that it is ours, and what for', async () => {
    const pool = open(consul.address, { reason: 'deploy' });
    await pool.depool([{ member: { service: 'web_00' }, outForMs: 0, reason: 'restart' }], signal);
    expect(consul.checks.get('_service_maintenance:web_00')?.Notes).toBe('drainctl: deploy (restart)');
  });

  test('a node as the member goes into maintenance as a whole, and out of it', async () => {
    const pool = open(consul.address);
    const { before } = await stateOf(pool, {});
    await pool.depool([{ member: {}, outForMs: 0 }], signal);
    expect((await stateOf(pool, { service: 'web_01' })).placement).toBe('out');
    await pool.repool([{ member: {}, before }], signal);
    expect(consul.checks.size).toBe(0);
  });

  test('a maintenance that an operator began while the member was out is not ended', async () => {
    const pool = open(consul.address);
    const { before } = await stateOf(pool, { service: 'web_00' });
    await pool.depool([{ member: { service: 'web_00' }, outForMs: 0 }], signal);
    consul.setMaintenance('web_00', undefined);
    consul.setMaintenance('web_00', 'disk is full');
    await pool.repool([{ member: { service: 'web_00' }, before }], signal);
    expect(await stateOf(pool, { service: 'web_00' })).toMatchObject({
      placement: 'out',
      text: 'maintenance: disk is full',
    });
  });

  test('what was left over of an earlier drainctl is ended', async () => {
    consul.setMaintenance('web_00', 'drainctl: drained (restart)');
    const pool = open(consul.address);
    const { before } = await stateOf(pool, { service: 'web_00' });
    await pool.repool([{ member: { service: 'web_00' }, before }], signal);
    expect((await stateOf(pool, { service: 'web_00' })).placement).toBe('in');
  });

  test.each([
    ['critical', 'down', "critical: Service 'web_00' check"],
    ['warning', 'in', 'warning'],
  ] as const)('a %s check is "%s"', async (status, placement, text) => {
    consul.setCheck('web_00', status);
    expect(await stateOf(open(consul.address), { service: 'web_00' })).toMatchObject({ placement, text });
  });

  test('sends the token of a file that is read anew each time', async () => {
    const directory = temporaryDirectory();
    const file = directory.write('token', 'old\n');
    consul.rights = new Map([['new', { read: true, write: true }]]);
    const pool = open(consul.address, { token_file: file });
    expect(isDrainctlError(await rejection(stateOf(pool, { service: 'web_00' })), 'POOL_REFUSED')).toBe(true);
    directory.write('token', 'new\n');
    expect((await stateOf(pool, { service: 'web_00' })).placement).toBe('in');
  });

  test('a token that may not write is POOL_REFUSED, with the right that it lacks and without the token', async () => {
    consul.rights = new Map([['s3cret', { read: true, write: false }]]);
    const pool = open(consul.address, { token_file: temporaryDirectory().write('token', 's3cret') });
    const error = await rejection(pool.depool([{ member: { service: 'web_00' }, outForMs: 0 }], signal));
    expect(isDrainctlError(error, 'POOL_REFUSED') && error.hint).toContain('service:write for web_00');
    expect(isDrainctlError(error) && JSON.stringify(error)).not.toContain('s3cret');
  });

  test('a token file that is not there is POOL_REFUSED', async () => {
    const error = await rejection(
      stateOf(open(consul.address, { token_file: '/nowhere/token' }), { service: 'web_00' }),
    );
    expect(isDrainctlError(error, 'POOL_REFUSED') && error.message).toContain('there is no file /nowhere/token');
  });

  test.each([500, 503, 429])('status %i is POOL_UNREACHABLE: trying again may help', async (status) => {
    consul.failing = status;
    const error = await rejection(stateOf(open(consul.address), { service: 'web_00' }));
    expect(isDrainctlError(error, 'POOL_UNREACHABLE') && error.message).toContain('No cluster leader');
  });

  test('an agent of another datacenter is changed in nothing, and the check finds it', async () => {
    const pool = open(consul.address, { datacenter: 'dc2' });
    const error = await rejection(pool.depool([{ member: { service: 'web_00' }, outForMs: 0 }], signal));
    expect(isDrainctlError(error, 'POOL_REFUSED') && error.message).toContain('is in datacenter dc1, not in dc2');
    expect(consul.checks.size).toBe(0);
    expect(await pool.check?.([], signal)).toHaveLength(1);
  });

  test('namespace and partition go with every call about services', async () => {
    const pool = open(consul.address, { namespace: 'shop', partition: 'eu', datacenter: 'dc1' });
    await pool.depool([{ member: { service: 'web_00' }, outForMs: 0 }], signal);
    const scoped = consul.calls.filter((call) => call.includes('ns=shop&partition=eu'));
    expect(scoped).toHaveLength(consul.calls.length - 1);
  });

  test('what answers with something else is POOL_REFUSED', async () => {
    const body = '[]';
    const raw = await startRawServer(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const error = await rejection(stateOf(open(`http://127.0.0.1:${raw.port}`), { service: 'web_00' }));
    expect(isDrainctlError(error, 'POOL_REFUSED') && error.hint).toContain('8500');
  });
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { DrainctlError } from '../../../src/errors.ts';
import { silentLog } from '../../../src/log.ts';
import type { RpcServer } from '../../../src/rpc/http-server.ts';
import type { RpcMethod } from '../../../src/rpc/methods.ts';
import { RpcFault, type RpcValue } from '../../../src/rpc/rpc.ts';
import { createRpcServer } from '../../../src/rpc/server.ts';
import { supervisorError } from '../../../src/supervisor/call-errors.ts';
import { createSupervisor } from '../../../src/supervisor/client.ts';
import { supervisorFault } from '../../../src/supervisor/faults.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';

const servers: RpcServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

type Answer = (params: readonly RpcValue[]) => RpcValue | Promise<RpcValue>;

/** A client of a peer that gives the answers of a test, right or wrong. */
async function supervisorThat(answers: Record<string, Answer>): Promise<Supervisor> {
  const methods = Object.entries(answers).map(([name, handle]): [string, RpcMethod] => [
    `supervisor.${name}`,
    { help: '', signature: ['string'], unchecked: true, handle },
  ]);
  const server = createRpcServer({ methods: new Map(methods), log: silentLog });
  servers.push(server);
  return createSupervisor({ url: await server.listen({ host: '127.0.0.1', port: 0 }) }, { callTimeoutMs: 2_000 });
}

const processInfo = {
  group: 'web',
  name: 'web_00',
  state: 20,
  statename: 'RUNNING',
  pid: 4711,
  start: 1_700_000_000,
  stop: 0,
  now: 1_700_000_072,
  exitstatus: 0,
  spawnerr: '',
  description: 'pid 4711, uptime 0:01:12',
};

const without = (member: string) => Object.fromEntries(Object.entries(processInfo).filter(([name]) => name !== member));

describe('a reply', () => {
  test('of getProcessInfo becomes a ProcessInfo', async () => {
    const supervisor = await supervisorThat({ getProcessInfo: () => processInfo });
    expect(await supervisor.getProcessInfo('web:web_00')).toStrictEqual({
      fullName: 'web:web_00',
      group: 'web',
      name: 'web_00',
      state: 'RUNNING',
      pid: 4711,
      startedAtS: 1_700_000_000,
      stoppedAtS: 0,
      nowS: 1_700_000_072,
      exitStatus: 0,
      spawnError: '',
      description: 'pid 4711, uptime 0:01:12',
    });
  });

  test.each([
    ['no struct', 'web', 'a struct'],
    ['an array', [], 'a struct'],
    ['a struct without the pid', without('pid'), 'an int "pid"'],
    ['a struct with a pid in text', { ...processInfo, pid: '4711' }, 'an int "pid"'],
    ['a struct without the name', without('name'), 'a string "name"'],
    ['an unknown state', { ...processInfo, state: 25 }, 'a known state of web:web_00'],
  ] satisfies [string, RpcValue, string][])(
    'that is %s is RPC_PROTOCOL, and says what is missing',
    async (_, reply, missing) => {
      const supervisor = await supervisorThat({ getProcessInfo: () => reply });
      await expect(supervisor.getProcessInfo('web:web_00')).rejects.toMatchObject({
        code: 'RPC_PROTOCOL',
        message: expect.stringContaining(missing),
      });
    },
  );

  test('of getAllConfigInfo without priorities is RPC_PROTOCOL', async () => {
    const supervisor = await supervisorThat({ getAllConfigInfo: () => [{ group: 'web', name: 'web_00' }] });
    await expect(supervisor.getAllConfigInfo()).rejects.toMatchObject({ code: 'RPC_PROTOCOL' });
  });

  test('of getState that is unknown is RPC_PROTOCOL', async () => {
    const supervisor = await supervisorThat({ getState: () => ({ statecode: 7, statename: 'DREAMING' }) });
    await expect(supervisor.getState()).rejects.toMatchObject({ code: 'RPC_PROTOCOL' });
  });
});

describe('a fault', () => {
  test.each([
    ['SHUTDOWN_STATE', 'SUPERVISOR_SHUTTING_DOWN'],
    ['BAD_NAME', 'NO_SUCH_PROCESS'],
    ['FAILED', 'SUPERVISOR_FAULT'],
  ] as const)('%s becomes %s', async (fault, code) => {
    const supervisor = await supervisorThat({ getProcessInfo: () => Promise.reject(supervisorFault(fault)) });
    await expect(supervisor.getProcessInfo('web:x')).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/web:x|getProcessInfo/),
      hint: expect.stringMatching(/./),
      details: { process: 'web:x' },
    });
  });

  test('that is no other error has its number in the details', async () => {
    const supervisor = await supervisorThat({ getPID: () => Promise.reject(new RpcFault(1, 'UNKNOWN_METHOD')) });
    await expect(supervisor.getPid()).rejects.toMatchObject({ code: 'SUPERVISOR_FAULT', details: { fault: 1 } });
  });

  test.each(['NO_FILE', 'NOT_EXECUTABLE', 'FAILED', 'ABNORMAL_TERMINATION', 'SPAWN_ERROR'] as const)(
    '%s at a start becomes START_FAILED',
    async (fault) => {
      const supervisor = await supervisorThat({ startProcess: () => Promise.reject(supervisorFault(fault, 'web:x')) });
      await expect(supervisor.startProcess('web:x')).rejects.toMatchObject({ code: 'START_FAILED' });
    },
  );

  test('FAILED at a stop becomes STOP_FAILED', async () => {
    const supervisor = await supervisorThat({
      stopProcess: () => Promise.reject(supervisorFault('FAILED', 'no kill')),
    });
    await expect(supervisor.stopProcess('web:x', 1_000)).rejects.toMatchObject({ code: 'STOP_FAILED' });
  });

  test.each([
    ['ALREADY_STARTED', 'a start', (it: Supervisor) => it.startProcess('web:x')],
    ['SHUTDOWN_STATE', 'a shutdown', (it: Supervisor) => it.shutdown()],
  ] as const)('%s is no failure of %s', async (fault, _, act) => {
    const refuse = () => Promise.reject(supervisorFault(fault));
    const supervisor = await supervisorThat({ startProcess: refuse, shutdown: refuse });
    await expect(act(supervisor)).resolves.toBeUndefined();
  });
});

describe('a process that is being stopped by somebody else', () => {
  const notRunning = () => Promise.reject(supervisorFault('NOT_RUNNING'));

  test('is waited for', async () => {
    const states = [40, 40, 0];
    const supervisor = await supervisorThat({
      stopProcess: notRunning,
      getProcessInfo: () => ({ ...processInfo, state: states.shift() ?? 0 }),
    });
    await supervisor.stopProcess('web:web_00', 5_000);
    expect(states).toStrictEqual([]);
  });

  test('is waited for no longer than asked, but for the margin', async () => {
    const supervisor = await supervisorThat({
      stopProcess: notRunning,
      getProcessInfo: () => ({ ...processInfo, state: 40 }),
    });
    await expect(supervisor.stopProcess('web:web_00', -1_900)).rejects.toMatchObject({ code: 'STOP_FAILED' });
  });
});

describe('a supervisord', () => {
  /** A client of a web server that answers everything with one status. */
  async function httpStatus(status: number) {
    const server = createServer((_, response) => response.writeHead(status).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await createSupervisor({ url })
      .getPid()
      .catch((thrown: unknown) => thrown);
    server.close();
    return error;
  }

  test('that refuses the password is SUPERVISOR_UNAUTHORIZED', async () => {
    expect(await httpStatus(401)).toMatchObject({
      code: 'SUPERVISOR_UNAUTHORIZED',
      hint: expect.stringContaining('supervisor.username'),
    });
  });

  test('that fails by itself is RPC_PROTOCOL, with the known reasons', async () => {
    expect(await httpStatus(500)).toMatchObject({ code: 'RPC_PROTOCOL', hint: expect.stringContaining('maxbytes') });
  });

  test('that is not there is SUPERVISOR_UNREACHABLE, and says where to look', async () => {
    const supervisor = createSupervisor({ url: 'unix:///nonexistent/supervisor.sock' });
    await expect(supervisor.getState()).rejects.toMatchObject({
      code: 'SUPERVISOR_UNREACHABLE',
      message: expect.stringContaining('/nonexistent/supervisor.sock'),
      hint: expect.stringContaining('systemctl status supervisor'),
    });
  });

  test('at the default address, which nobody has named, is told to be that', () => {
    const call = { url: 'http://localhost:9001', method: 'supervisor.getState' };
    const refused = new DrainctlError('RPC_UNREACHABLE', 'refused', { details: { errno: 'ECONNREFUSED' } });

    expect(supervisorError(call, refused)).toMatchObject({
      code: 'SUPERVISOR_UNREACHABLE',
      hint: expect.stringMatching(/^None of the usual sockets is there.*systemctl status supervisor/),
    });
  });

  test('that does not answer in time is SUPERVISOR_UNREACHABLE', async () => {
    const hanging = await supervisorThat({ getPID: () => new Promise(() => {}) });
    const supervisor = createSupervisor({ url: hanging.url }, { callTimeoutMs: 50 });
    await expect(supervisor.getPid()).rejects.toMatchObject({
      code: 'SUPERVISOR_UNREACHABLE',
      message: expect.stringContaining('within 50 ms'),
    });
  });

  test('whose stop lasts too long is STOP_FAILED', async () => {
    const supervisor = await supervisorThat({ stopProcess: () => new Promise(() => {}) });
    await expect(supervisor.stopProcess('web:x', -1_900)).rejects.toMatchObject({ code: 'STOP_FAILED' });
  });

  test('that is no longer wanted is let go for the reason given', async () => {
    const caller = new AbortController();
    const supervisor = await supervisorThat({
      stopProcess: () => {
        caller.abort(new Error('second signal'));
        return new Promise(() => {});
      },
    });
    await expect(supervisor.stopProcess('web:x', 5_000, caller.signal)).rejects.toThrow('second signal');
  });

  test('has an address that shows no password', () => {
    expect(createSupervisor({ url: 'http://admin:secret@localhost:9001' }).url).toBe('http://localhost:9001');
  });

  test('with an impossible address fails at the first call, not before', async () => {
    const supervisor = createSupervisor({ url: '/run/supervisor.sock' });
    await expect(supervisor.getPid()).rejects.toMatchObject({
      code: 'SUPERVISOR_UNREACHABLE',
      hint: expect.stringContaining('unix://'),
    });
  });
});

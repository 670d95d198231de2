import { chmodSync, existsSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rpcCall } from '../../src/rpc/client.ts';
import { callMethod } from '../../src/rpc/methods.ts';
import { RpcFault } from '../../src/rpc/rpc.ts';
import { withSystemMethods } from '../../src/rpc/system-methods.ts';
import { createSupervisor } from '../../src/supervisor/client.ts';
import type { Supervisor } from '../../src/supervisor/supervisor.ts';
import { type Supervisord, startSupervisord } from '../support/supervisord.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

/** A program that is told to stop, and does not before the test lets it. */
class SlowToStop {
  readonly #files = temporaryDirectory();
  readonly #script =
    `trap "while test -e ${this.#files.file('held')}; do sleep 0.05; done; exit 0" TERM; : > ${this.#files.file('ready')}; while :; do sleep 0.05; done`;
  /** Its section of supervisord. */
  readonly program = { name: 'slow', command: `/bin/sh -c '${this.#script}'`, startsecs: 0, stopwaitsecs: 300 };

  /** From its next stop on. */
  hold(): void {
    this.#files.write('held', '');
  }

  release(): void {
    rmSync(this.#files.file('held'), { force: true });
  }

  /** Forgets that it was ready, before it is started again. */
  forget(): void {
    rmSync(this.#files.file('ready'), { force: true });
  }

  /** Waits until it has its handler of SIGTERM. */
  async waitUntilReady(): Promise<void> {
    await waitFor(() => existsSync(this.#files.file('ready')), { what: 'the program to be ready' });
  }
}

let slow: SlowToStop;

let supervisord: Supervisord;
let supervisor: Supervisor;

beforeAll(async () => {
  const directory = temporaryDirectory();
  slow = new SlowToStop();
  const forbidden = directory.write('forbidden', '#!/bin/sh\n');
  chmodSync(forbidden, 0o644);
  supervisord = await startSupervisord({
    directory,
    programs: [
      { name: 'web', command: '/bin/sleep 1000', numprocs: 2, priority: 5, startsecs: 0, stopwaitsecs: 7 },
      { name: 'café', command: '/bin/sleep 1000', startsecs: 0 },
      slow.program,
      {
        name: 'noisy',
        command: `/bin/printf 'a\\033[1m\\000<&]]>b'`,
        stdout_logfile: directory.file('noisy.log'),
        startsecs: 0,
        autorestart: false,
      },
      { name: 'missing', command: '/nonexistent/program', autostart: false },
      { name: 'forbidden', command: forbidden, autostart: false },
    ],
  });
  supervisor = createSupervisor({ url: supervisord.url });
  await supervisord.waitForRunning(['web:web_00', 'web:web_01', 'café:café', 'slow:slow']);
});

afterAll(() => supervisord.close());

describe('what supervisord tells', () => {
  test('is its state, version and process id', async () => {
    expect(await supervisor.getState()).toBe('RUNNING');
    expect(await supervisor.getVersion()).toMatch(/^4\.\d+\.\d+/);
    expect(await supervisor.getPid()).toBe(supervisord.pid);
  });

  test('is all processes, names beyond ASCII included', async () => {
    const names = (await supervisor.getAllProcessInfo()).map((process) => process.fullName);
    expect(names).toStrictEqual([
      'café:café',
      'forbidden:forbidden',
      'missing:missing',
      'noisy:noisy',
      'slow:slow',
      'web:web_00',
      'web:web_01',
    ]);
  });

  test('is one process', async () => {
    expect(await supervisor.getProcessInfo('café:café')).toMatchObject({
      group: 'café',
      name: 'café',
      state: 'RUNNING',
      pid: expect.any(Number),
      exitStatus: 0,
      spawnError: '',
      description: expect.stringMatching(/^pid \d+, uptime/),
    });
  });

  test('is the configuration of each process', async () => {
    const config = (await supervisor.getAllConfigInfo()).find(({ fullName }) => fullName === 'web:web_01');
    expect(config).toStrictEqual({
      fullName: 'web:web_01',
      group: 'web',
      name: 'web_01',
      groupPriority: 5,
      processPriority: 5,
      command: '/bin/sleep 1000',
      autostart: true,
      startSecs: 0,
      stopWaitSecs: 7,
      stopSignal: 15,
    });
  });

  test('may hold the control characters of a log', async () => {
    const tail = () =>
      rpcCall({ url: supervisord.url }, 'supervisor.tailProcessStdoutLog', ['noisy', 0, 100], { timeoutMs: 5_000 });
    await waitFor(async () => JSON.stringify(await tail()).includes('b'), { what: 'the log of noisy' });
    expect(await tail()).toMatchObject([expect.stringContaining('a\u001b[1m\u0000<&]]>b'), expect.any(Number), false]);
  });
});

describe('a stop', () => {
  test('lasts until the process has stopped, and a start brings it back', async () => {
    await slow.waitUntilReady();
    slow.hold();
    const stopping = supervisor.stopProcess('slow:slow', 60_000);
    await waitFor(async () => (await supervisor.getProcessInfo('slow:slow')).state === 'STOPPING', {
      what: 'the stop',
    });
    slow.release();
    await stopping;
    expect((await supervisor.getProcessInfo('slow:slow')).state).toBe('STOPPED');
    slow.forget();
    await supervisor.startProcess('slow:slow');
    expect((await supervisor.getProcessInfo('slow:slow')).state).toBe('RUNNING');
  });

  test('of a process that somebody else is stopping lasts until it has stopped', async () => {
    await slow.waitUntilReady();
    slow.hold();
    const first = supervisor.stopProcess('slow:slow', 60_000);
    await waitFor(async () => (await supervisor.getProcessInfo('slow:slow')).state === 'STOPPING', {
      what: 'the stop',
    });
    const second = supervisor.stopProcess('slow:slow', 60_000);
    // supervisord takes calls in their order.
    expect((await supervisor.getProcessInfo('slow:slow')).state).toBe('STOPPING');
    slow.release();
    await second;
    expect((await supervisor.getProcessInfo('slow:slow')).state).toBe('STOPPED');
    await first;
    await supervisor.startProcess('slow:slow');
  });

  test('of a process that does not run is no failure', async () => {
    await expect(supervisor.stopProcess('missing:missing', 10_000)).resolves.toBeUndefined();
  });

  test('goes on when its caller lets go', async () => {
    const caller = new AbortController();
    const stopping = supervisor.stopProcess('web:web_01', 10_000, caller.signal);
    await waitFor(async () => (await supervisor.getProcessInfo('web:web_01')).state !== 'RUNNING', {
      what: 'the stop',
    });
    caller.abort(new Error('let go'));
    await stopping.catch((error: unknown) => expect(error).toMatchObject({ message: 'let go' }));
    await waitFor(async () => (await supervisor.getProcessInfo('web:web_01')).state === 'STOPPED', { what: 'its end' });
  });

  test('of an unknown process is NO_SUCH_PROCESS', async () => {
    await expect(supervisor.stopProcess('web:none', 10_000)).rejects.toMatchObject({ code: 'NO_SUCH_PROCESS' });
  });
});

describe('a start', () => {
  test('of a process that runs is no failure', async () => {
    await expect(supervisor.startProcess('web:web_00')).resolves.toBeUndefined();
  });

  test.each([
    ['missing', 20],
    ['forbidden', 21],
  ])('of a %s program is START_FAILED', async (name, fault) => {
    await expect(supervisor.startProcess(`${name}:${name}`)).rejects.toMatchObject({
      code: 'START_FAILED',
      details: { fault },
    });
  });
});

describe('our system methods answer as those of supervisord:', () => {
  const ours = withSystemMethods(
    new Map([['supervisor.getPID', { help: '', signature: ['int'], handle: () => supervisord.pid }]]),
  );
  const outcome = (call: Promise<unknown>) =>
    call.catch((error: unknown) =>
      error instanceof RpcFault ? { fault: error.faultCode, text: error.message } : error,
    );

  test.each([
    [
      'results and faults of a multicall',
      'system.multicall',
      [{ methodName: 'supervisor.getPID' }, { methodName: 'system.methodHelp', params: ['none'] }],
    ],
    ['a multicall of itself', 'system.multicall', [{ methodName: 'system.multicall', params: [[]] }]],
    ['a multicall of nothing', 'system.multicall', [{}]],
    ['the signature of an unknown method', 'system.methodSignature', 'none'],
    ['the help of an unknown method', 'system.methodHelp', 'none'],
  ])('%s', async (_, method, param) => {
    const theirs = await outcome(rpcCall({ url: supervisord.url }, method, [param], { timeoutMs: 5_000 }));
    const signal = new AbortController().signal;
    expect(await outcome(callMethod(ours, method, [param], { signal }))).toStrictEqual(theirs);
  });
});

describe('another supervisord', () => {
  test('asks for its password', async () => {
    await using guarded = await startSupervisord({ socket: { username: 'admin', password: 'pass:word' } });
    const endpoint = { url: guarded.url, username: 'admin', password: 'pass:word' };
    expect(await createSupervisor(endpoint).getPid()).toBe(guarded.pid);
    await expect(createSupervisor({ ...endpoint, password: 'wrong' }).getPid()).rejects.toMatchObject({
      code: 'SUPERVISOR_UNAUTHORIZED',
    });
    await expect(createSupervisor({ url: guarded.url }).getPid()).rejects.toMatchObject({
      code: 'SUPERVISOR_UNAUTHORIZED',
    });
  });

  test('that cannot write its configuration as XML-RPC is RPC_PROTOCOL with the reason', async () => {
    await using huge = await startSupervisord({
      programs: [{ name: 'huge', command: '/bin/sleep 1000', stdout_logfile_maxbytes: '2GB' }],
    });
    await expect(createSupervisor({ url: huge.url }).getAllConfigInfo()).rejects.toMatchObject({
      code: 'RPC_PROTOCOL',
      hint: expect.stringContaining('2GB'),
    });
  });

  test('shuts down when asked, takes being asked twice, and refuses all else meanwhile', async () => {
    const last = new SlowToStop();
    await using leaving = await startSupervisord({ programs: [last.program] });
    const client = createSupervisor({ url: leaving.url });
    await leaving.waitForRunning();
    await last.waitUntilReady();
    last.hold();
    await client.shutdown();
    await client.shutdown();
    await expect(client.getAllProcessInfo()).rejects.toMatchObject({ code: 'SUPERVISOR_SHUTTING_DOWN' });
    last.release();
    await leaving.waitForExit();
    await expect(client.getState()).rejects.toMatchObject({
      code: 'SUPERVISOR_UNREACHABLE',
      hint: expect.stringContaining('systemctl status supervisor'),
    });
  });
});

import { describe, expect, test } from 'vitest';
import { rpcCall } from '../../../../src/rpc/client.ts';
import { encodeFault, encodeResponse } from '../../../../src/rpc/encode.ts';
import { RpcFault, type RpcValue } from '../../../../src/rpc/rpc.ts';
import { processConfig, processInfo } from '../../../support/doubles/processes.ts';
import type { RawAnswer } from '../../../support/doubles/raw-supervisord.ts';
import { barrier } from '../../../support/doubles/script.ts';
import { type ScriptedFront, serveScriptedFront } from '../../../support/doubles/scripted-front.ts';
import { shuttingDown } from '../../../support/doubles/scripted-supervisor.ts';
import { waitFor } from '../../../support/wait-for.ts';

const processes = ['web:web_00', 'web:web_01', 'api:api'];

/** supervisord's answers by method; anything else is `true`. */
const answers =
  (byMethod: Readonly<Record<string, string>> = {}): RawAnswer =>
  ({ body }, response) => {
    const method = /<methodName>(.*?)<\/methodName>/.exec(body)?.[1] ?? '';
    response.writeHead(200, { 'Content-Type': 'text/xml' }).end(byMethod[method] ?? encodeResponse(true));
  };

const serve = (options: Partial<Parameters<typeof serveScriptedFront>[0]> = {}) =>
  serveScriptedFront({ processes, answer: answers(), ...options });

const ask = ({ url }: ScriptedFront, method: string, ...params: RpcValue[]) =>
  rpcCall({ url }, method, params, { timeoutMs: 8_000 });

const faultOf = (front: ScriptedFront, method: string, ...params: RpcValue[]) =>
  ask(front, method, ...params).then(
    (value) => expect.fail(`no fault: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );

const ok = (group: string, name: string) => ({ name, group, status: 80, description: 'OK' });

describe('supervisor.stopProcess', () => {
  test('drains the process, and answers when it has stopped', async () => {
    const front = await serve();

    expect(await ask(front, 'supervisor.stopProcess', 'web:web_00')).toBe(true);

    expect(front.world.calls).toEqual(['depool app/web_00 at pool-a', 'stop web:web_00']);
    expect(front.supervisord.requests).toEqual([]);
  });

  test.each([
    ['the name alone, where group and process have one name', 'api', 'api:api'],
    ['a base64 name', Buffer.from('web:web_01'), 'web:web_01'],
  ])('takes %s', async (_, name, stopped) => {
    const front = await serve();

    await ask(front, 'supervisor.stopProcess', name);

    expect(front.world.calls).toContain(`stop ${stopped}`);
  });

  test('of group:* stops the group, in its order', async () => {
    const front = await serve();

    const results = await ask(front, 'supervisor.stopProcess', 'web:*');

    expect(results).toEqual([ok('web', 'web_00'), ok('web', 'web_01')]);
  });

  test('answers at once where the client does not wait, and drains all the same', async () => {
    const front = await serve();
    const stop = barrier();
    front.world.supervisor.scripts.stopProcess = stop.script;

    expect(await ask(front, 'supervisor.stopProcess', 'web:web_00', false)).toBe(true);

    await stop.reached;
    stop.open();
    await front.engine.idle();
    expect(front.world.supervisor.processes.get('web:web_00')?.state).toBe('STOPPED');
  });

  test('goes on where the client goes away', async () => {
    const front = await serve();
    const stop = barrier();
    front.world.supervisor.scripts.stopProcess = stop.script;
    const client = new AbortController();
    const call = rpcCall({ url: front.url }, 'supervisor.stopProcess', ['web:web_00'], {
      timeoutMs: 8_000,
      signal: client.signal,
    });
    const gone = call.catch(() => {});
    await stop.reached;

    client.abort();
    await gone;
    stop.open();

    await front.engine.idle();
    expect(front.world.supervisor.processes.get('web:web_00')?.state).toBe('STOPPED');
  });

  test('that ends in a hold is fault 30 with the reason', async () => {
    const front = await serve({ program: { onDeadline: 'hold', deadlineMs: 100 } });
    front.world.pool.server('app/web_00').inFlight = 3;

    const fault = await faultOf(front, 'supervisor.stopProcess', 'web:web_00');

    expect(fault).toMatchObject({
      faultCode: 30,
      message: expect.stringMatching(/^FAILED: web:web_00 was not drained: 3 in flight/),
    });
    expect(String(fault)).not.toContain('\n');
  });

  test('that is cancelled is fault 30 with what was done, and what state the process is in', async () => {
    const front = await serve();
    front.world.pool.server('app/web_00').inFlight = 3;
    const fault = faultOf(front, 'supervisor.stopProcess', 'web:web_00');
    await waitFor(() => front.world.calls.includes('depool app/web_00 at pool-a'), { what: 'the depool' });

    await front.engine.cancel('');

    expect(await fault).toMatchObject({
      faultCode: 30,
      message: 'FAILED: The stop was cancelled. web:web_00 was put back and runs on.',
    });
  });

  test.each([
    ['does not run', 'web:web_00', 'STOPPED'],
    ['is being stopped', 'web:web_00', 'STOPPING'],
    ['supervisord does not have', 'nobody', 'RUNNING'],
  ] as const)('of a process that %s is supervisord’s to answer', async (_, name, state) => {
    const answer = answers({ 'supervisor.stopProcess': encodeFault(70, 'as supervisord says it') });
    const front = await serve({ answer });
    front.world.supervisor.become('web:web_00', state);

    expect(await faultOf(front, 'supervisor.stopProcess', name)).toEqual(new RpcFault(70, 'as supervisord says it'));
    expect(front.world.calls).toEqual([]);
  });

  test.each([[], [5], ['a', true, 'too many'], [[], {}]])('with %j is supervisord’s to refuse', async (...params) => {
    const front = await serve();

    await ask(front, 'supervisor.stopProcess', ...params);

    expect(front.supervisord.calls()).toEqual(['supervisor.stopProcess']);
  });

  test('of what has no entry is passed on', async () => {
    const front = await serve({ program: { pattern: 'web' } });

    await ask(front, 'supervisor.stopProcess', 'api');

    expect(front.supervisord.calls()).toEqual(['supervisor.stopProcess']);
  });

  test('while supervisord shuts down is supervisord’s to refuse', async () => {
    const front = await serve();
    front.world.supervisor.scripts.getAllProcessInfo = shuttingDown;

    await ask(front, 'supervisor.stopProcess', 'web:web_00');

    expect(front.supervisord.calls()).toEqual(['supervisor.stopProcess']);
  });

  test('of the sidecar itself is fault 30 with what to do instead', async () => {
    const front = await serve({ processes: [...processes, 'drain:drain'] });
    const config = processConfig('drain:drain');
    front.world.supervisor.configs.set('drain:drain', { ...config, command: '/usr/bin/drainctl listen' });

    const fault = await faultOf(front, 'supervisor.stopProcess', 'drain');

    expect(fault).toMatchObject({
      faultCode: 30,
      message: expect.stringContaining('supervisorctl -s unix:///scripted/supervisor.sock restart drain'),
    });
  });
});

describe('a stop of many', () => {
  test('tells of each process that ran, in the order of its priority', async () => {
    const front = await serve();
    const { configs } = front.world.supervisor;
    configs.set('web:web_00', { ...processConfig('web:web_00'), groupPriority: 1, processPriority: 9 });
    configs.set('web:web_01', { ...processConfig('web:web_01'), groupPriority: 1, processPriority: 3 });
    configs.set('api:api', { ...processConfig('api:api'), groupPriority: 2 });

    const results = await ask(front, 'supervisor.stopAllProcesses');

    expect(results).toEqual([ok('web', 'web_01'), ok('web', 'web_00'), ok('api', 'api')]);
  });

  test('leaves out what did not run', async () => {
    const front = await serve();
    front.world.supervisor.become('web:web_00', 'FATAL');

    expect(await ask(front, 'supervisor.stopProcessGroup', 'web')).toEqual([ok('web', 'web_01')]);
  });

  test('gives a process that was held its fault, and the others theirs', async () => {
    const front = await serve({ program: { onDeadline: 'hold', deadlineMs: 100 } });
    front.world.pool.server('app/web_00').inFlight = 3;

    const results = await ask(front, 'supervisor.stopProcessGroup', 'web');

    expect(results).toMatchObject([
      { name: 'web_00', status: 30, description: expect.stringContaining('3 in flight') },
      { name: 'web_01' },
    ]);
  });

  test('of all leaves the sidecar itself running, and does not speak of it', async () => {
    const front = await serve({ processes: ['drain:drain'] });
    const config = processConfig('drain:drain');
    front.world.supervisor.configs.set('drain:drain', { ...config, command: '/usr/bin/drainctl listen' });

    expect(await ask(front, 'supervisor.stopAllProcesses')).toEqual([]);
    expect(front.supervisord.requests).toEqual([]);
  });

  test('waits until what was started before is back in its pools', async () => {
    const front = await serve();
    await ask(front, 'supervisor.stopProcess', 'web:web_00');
    const nowS = 1_000;
    const info = { ...processInfo('web:web_00', 'RUNNING'), startedAtS: nowS - 1, nowS };
    front.world.supervisor.processes.set('web:web_00', info);

    await ask(front, 'supervisor.stopProcess', 'web:web_01');

    const calls = front.world.calls;
    expect(calls.indexOf('repool app/web_00 at pool-a')).toBeGreaterThan(0);
    expect(calls.indexOf('repool app/web_00 at pool-a')).toBeLessThan(calls.indexOf('depool app/web_01 at pool-a'));
  });
});

describe('supervisor.startProcess', () => {
  test('is supervisord’s to answer', async () => {
    const answer = answers({ 'supervisor.startProcess': encodeFault(60, 'ALREADY_STARTED: web:web_00') });
    const front = await serve({ answer });

    expect(await faultOf(front, 'supervisor.startProcess', 'web:web_00')).toMatchObject({ faultCode: 60 });
  });

  test('is answered when what was out is back in its pools', async () => {
    const front = await serve();
    await ask(front, 'supervisor.stopProcess', 'web:web_00');
    front.world.supervisor.become('web:web_00', 'RUNNING');

    expect(await ask(front, 'supervisor.startProcess', 'web:web_00')).toBe(true);

    expect(front.world.calls.at(-1)).toBe('repool app/web_00 at pool-a');
  });

  test('is answered all the same when the process is not ready in time', async () => {
    const ready = { http: undefined, exec: ['/bin/false'], deadlineMs: 200 };
    const front = await serve({ program: { ready } });
    await ask(front, 'supervisor.stopProcess', 'web:web_00');
    front.world.supervisor.become('web:web_00', 'RUNNING');

    expect(await ask(front, 'supervisor.startProcess', 'web:web_00')).toBe(true);
    expect(front.world.calls.join()).not.toContain('repool');
  });

  test('is fault 6 while everything is being stopped: what it starts would be killed', async () => {
    const front = await serve();
    const stop = barrier();
    front.world.supervisor.scripts.stopProcess = stop.script;
    await ask(front, 'supervisor.shutdown');
    await stop.reached;

    expect(await faultOf(front, 'supervisor.startProcess', 'web:web_00')).toEqual(new RpcFault(6, 'SHUTDOWN_STATE'));
    expect(front.supervisord.requests).toEqual([]);
    stop.open();
    await front.engine.idle();
  });

  test('comes after a stop that its client did not wait for', async () => {
    const front = await serve();
    const stop = barrier();
    front.world.supervisor.scripts.stopProcess = stop.script;
    await ask(front, 'supervisor.stopProcess', 'web:web_00', false);

    const start = ask(front, 'supervisor.startProcess', 'web:web_00', false);
    await stop.reached;
    expect(front.supervisord.calls()).toEqual([]);
    stop.open();

    await start;
    expect(front.supervisord.calls()).toEqual(['supervisor.startProcess']);
  });
});

describe.each([
  ['shutdown', 'shutdown'],
  ['restart', 'restart'],
])('supervisor.%s', (method, told) => {
  test('answers at once, drains everything, and then tells supervisord', async () => {
    const front = await serve();

    expect(await ask(front, `supervisor.${method}`)).toBe(true);

    await front.engine.idle();
    expect(front.world.calls).toContain('stop web:web_00');
    expect(front.world.calls.at(-1)).toBe(told);
    expect(front.supervisord.requests).toEqual([]);
  });

  test('is fault 6 while one is under way', async () => {
    const front = await serve();
    const stop = barrier();
    front.world.supervisor.scripts.stopProcess = stop.script;
    await ask(front, 'supervisor.shutdown');
    await stop.reached;

    expect(await faultOf(front, `supervisor.${method}`)).toEqual(new RpcFault(6, 'SHUTDOWN_STATE'));
    stop.open();
    await front.engine.idle();
  });

  test('that ends in a hold leaves supervisord running, and says so loudly', async () => {
    const front = await serve({ program: { onDeadline: 'hold', deadlineMs: 100 } });
    front.world.pool.server('app/web_00').inFlight = 3;

    await ask(front, `supervisor.${method}`);
    await front.engine.idle();

    expect(front.world.calls).not.toContain(told);
    const said = () => front.world.log.messages('error').join('\n');
    await waitFor(() => said().includes('goes on running'), { what: 'the message' });
  });

  test('of a supervisord that is stopping is its own to answer', async () => {
    const front = await serve({ answer: answers({ [`supervisor.${method}`]: encodeFault(6, 'SHUTDOWN_STATE') }) });
    front.world.supervisor.scripts.getState = shuttingDown;

    expect(await faultOf(front, `supervisor.${method}`)).toMatchObject({ faultCode: 6 });
  });
});

describe('the methods of the system namespace', () => {
  test('system.listMethods has supervisord’s and ours, sorted', async () => {
    const theirs = encodeResponse(['supervisor.getState', 'system.listMethods', 'twiddler.addGroup']);
    const front = await serve({ answer: answers({ 'system.listMethods': theirs }) });

    const names = (await ask(front, 'system.listMethods')) as string[]; // as: it is what the test is about

    expect(names).toContain('drain.getStatus');
    expect(names).toContain('twiddler.addGroup');
    expect(names).toEqual([...names].sort());
  });

  test.each(['system.methodHelp', 'system.methodSignature'])(
    '%s is ours for drain.* and supervisord’s for the rest',
    async (method) => {
      const front = await serve({ answer: answers({ [method]: encodeResponse('theirs') }) });

      expect(await ask(front, method, 'drain.getVersion')).not.toBe('theirs');
      expect(await ask(front, method, 'supervisor.getState')).toBe('theirs');
    },
  );

  test('a multicall of nothing of ours is passed on as it is', async () => {
    const front = await serve({ answer: answers({ 'system.multicall': encodeResponse([1]) }) });

    expect(await ask(front, 'system.multicall', [{ methodName: 'supervisor.getState', params: [] }])).toEqual([1]);
    expect(front.supervisord.requests).toHaveLength(1);
  });

  test('a multicall with a stop in it drains, and makes its calls in their order', async () => {
    const front = await serve({ answer: answers({ 'system.multicall': encodeResponse(['theirs']) }) });

    const results = await ask(front, 'system.multicall', [
      { methodName: 'supervisor.getState' },
      { methodName: 'supervisor.stopProcess', params: ['web:web_00'] },
      { methodName: 'system.multicall', params: [[]] },
      { params: [] },
    ]);

    expect(results).toEqual([
      'theirs',
      true,
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS: Recursive system.multicall forbidden' },
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS: No methodName' },
    ]);
    expect(front.world.calls).toContain('stop web:web_00');
  });
});

test('drain.* is answered without supervisord', async () => {
  const front = await serve();

  expect(await ask(front, 'drain.getVersion')).toMatchObject({ pid: process.pid });
  expect(front.supervisord.requests).toEqual([]);
});

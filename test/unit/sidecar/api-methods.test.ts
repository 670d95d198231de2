import { describe, expect, test } from 'vitest';
import { runActions } from '../../../src/drain/api.ts';
import { callMethod } from '../../../src/rpc/methods.ts';
import type { RpcValue } from '../../../src/rpc/rpc.ts';
import { drainMethods } from '../../../src/sidecar/api-methods.ts';
import { endedDocument, runDocument } from '../../support/doubles/documents.ts';
import { ScriptedApi } from '../../support/doubles/scripted-api.ts';

const { signal } = new AbortController();

function call(api: ScriptedApi, method: string, ...params: RpcValue[]): Promise<RpcValue> {
  return callMethod(drainMethods(api), method, params, { signal });
}

describe('the methods', () => {
  test('are those of the design', () => {
    expect([...drainMethods(new ScriptedApi()).keys()].sort()).toEqual([
      'drain.cancel',
      'drain.getHistory',
      'drain.getPlan',
      'drain.getStatus',
      'drain.getVersion',
      'drain.pool',
      'drain.start',
      'drain.wait',
    ]);
  });

  test.each([...drainMethods(new ScriptedApi())])('%s says in a sentence what it does', (_, { help }) => {
    expect(help).toMatch(/^[A-Z].+\.$/);
  });
});

describe('start', () => {
  test('passes on action, names and options', async () => {
    const api = new ScriptedApi();

    const id = await call(api, 'drain.start', 'drain', ['web:*'], {
      deadline: '1m30s',
      for: '30m',
      reason: 'heap dump',
      keep_supervisord: true,
    });

    expect(id).toBe('run-1');
    expect(api.calls).toEqual([
      [
        'start',
        'drain',
        ['web:*'],
        { deadlineMs: 90_000, holdForMs: 1_800_000, reason: 'heap dump', keepSupervisord: true },
      ],
    ]);
  });

  test.each([
    ['service restart', 'service restart'],
    ['one of a later drainctl', undefined],
  ])('takes the occasion "%s"', async (given, occasion) => {
    const api = new ScriptedApi();

    await call(api, 'drain.start', 'shutdown', [], { occasion: given });

    expect(api.calls).toEqual([['start', 'shutdown', [], { occasion }]]);
  });

  test('needs no options', async () => {
    const api = new ScriptedApi();

    await call(api, 'drain.start', 'stop', ['all']);

    expect(api.calls).toEqual([['start', 'stop', ['all'], {}]]);
  });

  test.each(runActions.filter((action) => action !== 'gate' && action !== 'recover' && action !== 'depool'))(
    'takes the action %s',
    async (action) => {
      await expect(call(new ScriptedApi(), 'drain.start', action, ['all'])).resolves.toBe('run-1');
    },
  );

  test.each([
    ['an unknown action', ['explode', ['all']]],
    ['the sidecar\'s own action "gate"', ['gate', ['all']]],
    ['the sidecar\'s own action "recover"', ['recover', ['all']]],
    ['the engine\'s own action "depool"', ['depool', ['all']]],
    ['names that are no strings', ['stop', [1]]],
    ['an unknown option', ['stop', ['all'], { dedline: '30s' }]],
    ['an option named as what every object has', ['stop', ['all'], { constructor: 'x' }]],
    ['a deadline without a unit', ['stop', ['all'], { deadline: '30' }]],
    ['a deadline that is a number', ['stop', ['all'], { deadline: 30 }]],
    ['a keep_supervisord that is no boolean', ['shutdown', [], { keep_supervisord: 1 }]],
    ['a reason that is no string', ['drain', ['all'], { reason: ['x'] }]],
  ] satisfies [string, RpcValue[]][])('refuses %s, and starts nothing', async (_, params) => {
    const api = new ScriptedApi();

    await expect(call(api, 'drain.start', ...params)).rejects.toMatchObject({ code: 'USAGE' });
    expect(api.calls).toEqual([]);
  });

  test.each([
    ['no names', ['stop']],
    ['names that are no array', ['stop', 'all']],
    ['options that are no struct', ['stop', ['all'], '30s']],
    ['too many parameters', ['stop', ['all'], {}, {}]],
  ] satisfies [string, RpcValue[]][])('with %s is fault 2', async (_, params) => {
    await expect(call(new ScriptedApi(), 'drain.start', ...params)).rejects.toMatchObject({ faultCode: 2 });
  });
});

describe('the other methods', () => {
  test('getPlan reads the options as start does', async () => {
    const api = new ScriptedApi();

    await call(api, 'drain.getPlan', 'restart', ['all'], { deadline: '5s' });

    expect(api.calls).toEqual([['getPlan', 'restart', ['all'], { deadlineMs: 5_000 }]]);
  });

  test('wait takes seconds, of which a part may be given', async () => {
    const api = new ScriptedApi();

    await call(api, 'drain.wait', 'run-1', 3, 0.5);

    expect(api.calls).toEqual([['wait', 'run-1', 3, 500]]);
  });

  test.each([
    [3_600, 60_000],
    [-5, 0],
  ])('wait for %i s is taken as %i ms', async (seconds, ms) => {
    const api = new ScriptedApi();

    await call(api, 'drain.wait', 'run-1', 0, seconds);

    expect(api.calls[0]?.[3]).toBe(ms);
  });

  test('cancel without an id is of the current run', async () => {
    const api = new ScriptedApi();

    expect(await call(api, 'drain.cancel')).toBe(true);
    expect(api.calls).toEqual([['cancel', '']]);
  });

  test('pool answers when the run has ended, with its result', async () => {
    const api = new ScriptedApi();
    const running = { ...endedDocument(runDocument()), ended: false, result: [] };
    api.waits = [running, running, endedDocument(runDocument({ action: 'pool' }))];

    expect(await call(api, 'drain.pool', ['web:*'])).toMatchObject({ action: 'pool', outcome: 'done' });
    expect(api.calls.map(([method]) => method)).toEqual(['start', 'wait', 'wait', 'wait']);
  });

  test('pool does not wait for ever for a client that has gone', async () => {
    const api = new ScriptedApi();
    api.waits = [{ ...endedDocument(runDocument()), ended: false, result: [] }];
    const context = { signal: AbortSignal.abort('gone') };

    await expect(callMethod(drainMethods(api), 'drain.pool', [['web:*']], context)).rejects.toBe('gone');
  });
});

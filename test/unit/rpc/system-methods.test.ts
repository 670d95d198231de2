import { expect, test } from 'vitest';
import { DrainctlError } from '../../../src/errors.ts';
import { callMethod, type RpcContext, type RpcMethod } from '../../../src/rpc/methods.ts';
import { RpcFault, type RpcValue } from '../../../src/rpc/rpc.ts';
import { withSystemMethods } from '../../../src/rpc/system-methods.ts';

const methods = withSystemMethods(
  new Map<string, RpcMethod>([
    ['drain.add', { help: 'Adds.', signature: ['int', 'int', 'int'], handle: ([a, b]) => Number(a) + Number(b) }],
    ['drain.fail', { help: '', signature: ['int'], handle: () => Promise.reject(new RpcFault(70, 'NOT_RUNNING')) }],
    [
      'drain.error',
      { help: '', signature: ['int'], handle: () => Promise.reject(new DrainctlError('RUN_NOT_FOUND', 'no run 7')) },
    ],
  ]),
);

const call = (name: string, params: RpcValue[] = [], context: RpcContext = { signal: new AbortController().signal }) =>
  callMethod(methods, name, params, context);

test('listMethods gives all names in order, those of system included', async () => {
  expect(await call('system.listMethods')).toStrictEqual([
    'drain.add',
    'drain.error',
    'drain.fail',
    'system.listMethods',
    'system.methodHelp',
    'system.methodSignature',
    'system.multicall',
  ]);
});

test('methodHelp gives the help', async () => {
  expect(await call('system.methodHelp', ['drain.add'])).toBe('Adds.');
});

test('methodSignature gives the types', async () => {
  expect(await call('system.methodSignature', ['drain.add'])).toStrictEqual(['int', 'int', 'int']);
});

test.each(['system.methodHelp', 'system.methodSignature'])('%s of an unknown method is fault 4', async (name) => {
  await expect(call(name, ['drain.none'])).rejects.toStrictEqual(new RpcFault(4, 'SIGNATURE_UNSUPPORTED'));
});

test('multicall gives results and faults in the order of the calls', async () => {
  const calls = [
    { methodName: 'drain.add', params: [1, 2] },
    { methodName: 'drain.fail', params: [] },
    { methodName: 'drain.error' },
    { methodName: 'drain.none' },
    { methodName: 'drain.add', params: [1] },
    { methodName: 'drain.add', params: [3, 4] },
  ];
  expect(await call('system.multicall', [calls])).toStrictEqual([
    3,
    { faultCode: 70, faultString: 'NOT_RUNNING' },
    { faultCode: 1022, faultString: 'RUN_NOT_FOUND: no run 7' },
    { faultCode: 1, faultString: 'UNKNOWN_METHOD: drain.none' },
    { faultCode: 2, faultString: 'INCORRECT_PARAMETERS: drain.add takes 2 parameters, not 1' },
    7,
  ]);
});

test.each([
  ['itself', { methodName: 'system.multicall', params: [[]] }, 'Recursive system.multicall forbidden'],
  ['nothing', {}, 'No methodName'],
  ['what is no struct', 'drain.add', 'No methodName'],
  [
    'a method with params that are no array',
    { methodName: 'drain.add', params: 1 },
    'The params of drain.add are no array',
  ],
] satisfies [string, RpcValue, string][])('multicall of %s is fault 2 in its place', async (_, item, text) => {
  expect(await call('system.multicall', [[item]])).toStrictEqual([
    { faultCode: 2, faultString: `INCORRECT_PARAMETERS: ${text}` },
  ]);
});

test('multicall makes no further call once the client has gone', async () => {
  const signal = AbortSignal.abort(new Error('gone'));
  await expect(call('system.multicall', [[{ methodName: 'drain.add', params: [1, 2] }]], { signal })).rejects.toThrow(
    'gone',
  );
});

import { expect, test } from 'vitest';
import { callDocument } from '../../../src/rpc/call-document.ts';
import { encodeCall } from '../../../src/rpc/encode.ts';
import type { RpcValue } from '../../../src/rpc/rpc.ts';

test.each<[string, string, RpcValue[]]>([
  ['without parameters', 'drain.getStatus', []],
  ['with parameters', 'supervisor.stopProcess', ['web:web_00', true]],
  ['of a name that XML would misread', 'a<b&c', []],
])('a call %s is written as the serializer writes it', async (_, method, params) => {
  expect(await callDocument(method, params)).toBe(encodeCall(method, params));
});

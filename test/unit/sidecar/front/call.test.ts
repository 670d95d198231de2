import { describe, expect, test } from 'vitest';
import { encodeCall } from '../../../../src/rpc/encode.ts';
import { readFrontCall } from '../../../../src/sidecar/front/call.ts';

const call = (value: string) =>
  Buffer.from(
    `<?xml version="1.0"?><methodCall><methodName>a.b</methodName><params><param><value>${value}</value></param></params></methodCall>`,
  );

describe('a call that may be passed on', () => {
  test('is read with its parameters', async () => {
    expect(await readFrontCall(Buffer.from(encodeCall('a.b', ['é', 1, true])))).toEqual({
      method: 'a.b',
      params: ['é', 1, true],
    });
  });

  test('may leave out its params', async () => {
    const body = Buffer.from('<methodCall><methodName>a.b</methodName></methodCall>');

    expect(await readFrontCall(body)).toEqual({ method: 'a.b', params: [] });
  });

  test('has no member __proto__', async () => {
    const member = '<struct><member><name>__proto__</name><value><int>1</int></value></member></struct>';

    expect(await readFrontCall(call(member))).toEqual({ method: 'a.b', params: [{}] });
  });

  test.each([
    ['bytes that are not UTF-8', Buffer.from([0x3c, 0xff]), 'it is not UTF-8'],
    ['a control character', call('a\u001bb'), 'it has a control character at'],
    ['a NUL', call('\0'), 'it has a control character at'],
    ['a document type', Buffer.from(`<!doctype a [<!ENTITY b "c">]>${call('&b;')}`), 'it has a document type'],
    ['a number over 32 bits', call('<int>99999999999</int>'), 'is no integer of 32 bits'],
    ['a number that is none', call('<int>12 apples</int>'), 'is no integer of 32 bits'],
    ['nil', call('<nil/>'), 'nil is not supported'],
    ['nesting without end', call('<array><data><value>'.repeat(5_000)), 'nested more than 64 deep'],
    ['an answer', Buffer.from('<methodResponse><params/></methodResponse>'), 'Not a method call'],
    ['no method', Buffer.from('<methodCall><methodName></methodName></methodCall>'), 'method name'],
    ['nothing', Buffer.alloc(0), 'not an XML-RPC call'],
    ['half of it', call('a').subarray(0, 60), 'not an XML-RPC call'],
  ])('is none with %s', async (_, body, why) => {
    await expect(readFrontCall(body)).rejects.toMatchObject({
      code: 'RPC_PROTOCOL',
      message: expect.stringContaining(why),
    });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { decodeCall, decodeResponse } from '../../../src/rpc/decode.ts';
import { encodeCall, encodeFault, encodeResponse } from '../../../src/rpc/encode.ts';
import { RpcFault, type RpcValue } from '../../../src/rpc/rpc.ts';
import { plainValue, text } from './values.ts';

/** A value that the types forbid, as a bug would make it. */
const wrong = (value: unknown) => value as RpcValue;

describe('what is encoded', () => {
  test('is decoded to the same value', async () => {
    await fc.assert(
      fc.asyncProperty(plainValue, async (value) => {
        expect(await decodeResponse(encodeResponse(value))).toStrictEqual(value);
      }),
      { numRuns: 1_000 },
    );
  }, 120_000);

  test('keeps method and parameters of a call', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plainValue, { maxLength: 4 }), async (params) => {
        expect(await decodeCall(encodeCall('drain.start', params))).toStrictEqual({ method: 'drain.start', params });
      }),
      { numRuns: 1_000 },
    );
  }, 120_000);

  test('keeps number and text of a fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2_000 }), text, async (code, message) => {
        const fault = await decodeResponse(encodeFault(code, message)).catch((error: unknown) => error);
        expect(fault).toStrictEqual(new RpcFault(code, message));
      }),
      { numRuns: 500 },
    );
  }, 120_000);

  test('keeps dates to the second, and bytes', async () => {
    const value = [new Date(2026, 10, 21, 19, 5, 7), Buffer.from([0, 255, 60])];
    expect(await decodeResponse(encodeResponse(value))).toStrictEqual(value);
  });

  test('loses control characters, for XML has none', async () => {
    expect(await decodeResponse(encodeResponse({ 'a\u0000': 'x\u001b[31my\uFFFE' }))).toStrictEqual({ a: 'x[31my' });
  });

  test('has U+FFFD for half a surrogate pair', async () => {
    expect(await decodeResponse(encodeResponse('a\uD800b'))).toBe('a\uFFFDb');
  });

  test('cannot be broken out of by closing CDATA twice', async () => {
    const hostile = '& ]]> ]]></string></value></param></params></methodResponse>';
    expect(await decodeResponse(encodeResponse(hostile))).toBe(hostile);
  });

  test('keeps carriage returns from strict parsers, which would make them line feeds', () => {
    expect(encodeResponse('a\r\nb')).toContain('a&#xD;\nb');
  });

  test('leaves out a member named __proto__', async () => {
    const value: RpcValue = JSON.parse('{"__proto__": {"admin": true}, "a": 1}');
    expect(await decodeResponse(encodeResponse(value))).toStrictEqual({ a: 1 });
  });

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['2^31', 2 ** 31],
    ['-2^31 - 1', -(2 ** 31) - 1],
    ['1e300', 1e300],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a Map', new Map([['a', 1]])],
    ['an invalid date', new Date(Number.NaN)],
  ])('is never %s', (_, value) => {
    const encode = () => encodeResponse({ list: [1, wrong(value)] });
    expect(encode).toThrowError(
      expect.objectContaining({ code: 'INTERNAL', message: expect.stringContaining('list[1]') }),
    );
  });

  test('is never a value that holds itself', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => encodeResponse(wrong(loop))).toThrowError(expect.objectContaining({ code: 'INTERNAL' }));
  });
});

const answer = (value: string) =>
  `<?xml version="1.0"?><methodResponse><params><param>${value}</param></params></methodResponse>`;

describe('an answer', () => {
  test.each([
    ['a raw control character', '<value><string>\u001b[1m\u0000</string></value>', '\u001b[1m\u0000'],
    ['a value without a type', '<value>plain &lt;</value>', 'plain <'],
    ['CDATA', '<value><string><![CDATA[a<b]]></string></value>', 'a<b'],
    ['numeric entities', '<value><string>&#x41;&#66;</string></value>', 'AB'],
    ['an i8 that fits', '<value><i8>7</i8></value>', 7],
    ['a comment', '<value><!-- no --><int>7</int></value>', 7],
  ])('may hold %s', async (_, xml, value) => {
    expect(await decodeResponse(answer(xml))).toStrictEqual(value);
  });

  test('gives no struct a prototype of its choice', async () => {
    const member = '<member><name>__proto__</name><value><struct></struct></value></member>';
    const slow = `<value><!-- --><struct>${member}</struct></value>`;
    const value = await decodeResponse(answer(slow));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test.each([
    ['nothing', ''],
    ['HTML', '<html><body>It works!</body></html>'],
    ['JSON', '{"result": 1}'],
    ['half a document', answer('<value><int>1</int></value>').slice(0, -20)],
    ['a call', '<methodCall><methodName>a</methodName></methodCall>'],
    ['no value', '<methodResponse><params></params></methodResponse>'],
    ['two values', answer('<value>a</value></param><param><value>b</value>')],
    ['nil', answer('<value><nil/></value>')],
    ['an int with a unit', answer('<value><int>12 apples</int></value>')],
    ['an int of 33 bits', answer('<value><int>4294967296</int></value>')],
    ['a double that is none', answer('<value><double>1.5.2</double></value>')],
    ['an infinite double', answer('<value><double>1e999</double></value>')],
    ['a boolean that is none', answer('<value><boolean>yes</boolean></value>')],
    ['a date that is none', answer('<value><dateTime.iso8601>20269999T00:00:00</dateTime.iso8601></value>')],
    ['a member without a value', answer('<value><struct><member><name>a</name></member></struct></value>')],
    ['a fault without a number', '<methodResponse><fault><value><struct></struct></value></fault></methodResponse>'],
    ['an unknown type', answer('<value><money>1</money></value>')],
  ])('that holds %s is RPC_PROTOCOL', async (_, body) => {
    const error = await decodeResponse(body).catch((thrown: unknown) => thrown);
    expect(isDrainctlError(error, 'RPC_PROTOCOL')).toBe(true);
  });

  test('that holds a number of a megabyte is refused at once, without repeating it', async () => {
    const body = answer(`<value><double>${'1'.repeat(1_000_000)}x</double></value>`);

    const error = await decodeResponse(body).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'RPC_PROTOCOL', message: expect.stringMatching(/^.{1,400}$/) });
  });

  test('that is nested without end is RPC_PROTOCOL', async () => {
    const depth = 50_000;
    const body = answer(`${'<value><array><data>'.repeat(depth)}${'</data></array></value>'.repeat(depth)}`);
    await expect(decodeResponse(body)).rejects.toMatchObject({ code: 'RPC_PROTOCOL' });
  });
});

describe('a call', () => {
  test('may lack params', async () => {
    const body = '<methodCall><methodName>a.b</methodName></methodCall>';
    expect(await decodeCall(body)).toStrictEqual({ method: 'a.b', params: [] });
  });

  test.each([
    ['nothing', ''],
    ['an answer', answer('<value>a</value>')],
    ['no name', '<methodCall><params></params></methodCall>'],
    ['nil', '<methodCall><methodName>a</methodName><params><param><value><nil/></value></param></params></methodCall>'],
    ['half a tag', '<methodCall><methodName>a</met'],
  ])('that holds %s is RPC_PROTOCOL', async (_, body) => {
    await expect(decodeCall(body)).rejects.toMatchObject({ code: 'RPC_PROTOCOL' });
  });

  test('that is noise is RPC_PROTOCOL or a call, never another failure', async () => {
    const noise = fc.array(
      fc.oneof(text, fc.constantFrom('<methodCall>', '</methodCall>', '<int>', '</array>', '<!', '<?', '&#0;')),
    );
    await fc.assert(
      fc.asyncProperty(noise, async (parts) => {
        const result = await decodeCall(parts.join('')).catch((error: unknown) => error);
        expect(isDrainctlError(result, 'RPC_PROTOCOL') || 'method' in Object(result)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  }, 120_000);
});

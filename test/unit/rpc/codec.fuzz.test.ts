import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { decodeCall, decodeResponse } from '../../../src/rpc/decode.ts';
import { encodeCall, encodeFault, encodeResponse } from '../../../src/rpc/encode.ts';
import { readResponse } from '../../../src/rpc/reader.ts';
import { RpcFault, type RpcValue } from '../../../src/rpc/rpc.ts';
import { parseResponse } from '../../../src/rpc/strict-deserializer.ts';
import { fuzz, linearLimitMs, mutated } from '../../faults/support/fuzz.ts';
import { plainValue, text } from './values.ts';

const requests = 'XML-RPC requests';
const responses = 'XML-RPC responses';

fuzz(
  responses,
  'are decoded to the value that was encoded',
  fc.asyncProperty(plainValue, async (value) => {
    expect(await decodeResponse(encodeResponse(value))).toStrictEqual(value);
  }),
);

fuzz(
  responses,
  'keep number and text of a fault',
  fc.asyncProperty(fc.integer({ min: 1, max: 2_000 }), text, async (code, message) => {
    const fault = await decodeResponse(encodeFault(code, message)).catch((error: unknown) => error);

    expect(fault).toStrictEqual(new RpcFault(code, message));
  }),
);

fuzz(
  requests,
  'keep method and parameters',
  fc.asyncProperty(fc.array(plainValue, { maxLength: 3 }), async (params) => {
    expect(await decodeCall(encodeCall('drain.start', params))).toStrictEqual({ method: 'drain.start', params });
  }),
);

const sample: RpcValue = [{ name: 'web', state: 20, pid: 17, ok: true, load: 0.5, note: 'a<b' }, [], {}, ''];
const words = [
  ...[
    '<value>',
    '</value>',
    '<int>',
    '</int>',
    '<int/>',
    '<i4>0</i4>',
    '<i8>7</i8>',
    '<string/>',
    '<struct>',
    '</array>',
  ],
  ...[
    '<data>',
    '<nil/>',
    '<double>1e5</double>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '<?',
    '<!DOCTYPE a [',
    '&#0;',
    '&lt;',
  ],
  ...[
    '&x;',
    '<param>',
    '<methodName>',
    '<fault>',
    '<base64>!</base64>',
    '<name>__proto__</name>',
    '-',
    '0',
    'e5',
    '\0',
  ],
];

/** True for what XML-RPC can carry, and nothing else. */
function isValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isValue);
  if (Buffer.isBuffer(value) || value instanceof Date) return true;
  if (typeof value === 'object' && value !== null)
    return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isValue);
  return typeof value === 'number' ? Number.isFinite(value) : ['string', 'boolean'].includes(typeof value);
}

fuzz(
  requests,
  'that are damaged are calls or RPC_PROTOCOL',
  fc.asyncProperty(mutated(fc.constant(encodeCall('drain.start', [sample])), { words }), async (body) => {
    const call = await decodeCall(body).catch((error: unknown) => error);

    if (isDrainctlError(call, 'RPC_PROTOCOL')) expect(call.message).toMatch(/^not an XML-RPC call: ./);
    else expect(call).toEqual({ method: expect.any(String), params: expect.toSatisfy(isValue) });
  }),
);

fuzz(
  responses,
  'that are damaged are values, faults or RPC_PROTOCOL',
  fc.asyncProperty(
    mutated(fc.constantFrom(encodeResponse(sample), encodeFault(10, 'BAD_NAME')), { words }),
    async (body) => {
      const answer = await decodeResponse(body).then(
        (value) => ({ value }),
        (error: unknown) => error,
      );

      if (isDrainctlError(answer, 'RPC_PROTOCOL')) expect(answer.message).toMatch(/^not an XML-RPC answer: ./);
      else if (!(answer instanceof RpcFault)) expect(answer).toEqual({ value: expect.toSatisfy(isValue) });
    },
  ),
);

fuzz(
  responses,
  'that the quick reader takes are read by the general parser to the same',
  fc.property(
    mutated(fc.constant(encodeResponse(sample)), { words, character: fc.constantFrom(...'<>/ aelut019&;') }),
    (body) => {
      const quick = readResponse(body);

      if (quick !== undefined) expect(quick).toStrictEqual(parseResponse(body));
    },
  ),
);

/** The processor time of an asynchronous reading, which must not grow out of bounds. */
async function cpuMsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work().catch(() => {});
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const open = '<methodResponse><params><param><value>';

test.each([
  ['entities', `${open}<string>${'&lt;'.repeat(250_000)}`],
  ['comments', `${open}${'<!-- -->'.repeat(100_000)}`],
  ['blanks', `${open}<int>${' '.repeat(1_000_000)}x</int>`],
  ['digits', `${open}<double>${'1'.repeat(1_000_000)}x</double>`],
  ['arrays in arrays', `${open}${'<array><data><value>'.repeat(50_000)}`],
  ['entity declarations', `<!DOCTYPE a [${'<!ENTITY a "b">'.repeat(60_000)}`],
  ['attributes', `<methodResponse ${'a="b" '.repeat(150_000)}`],
])(
  'a megabyte of %s takes less than seconds',
  async (_, body) => {
    expect(await cpuMsOf(() => decodeResponse(body))).toBeLessThan(linearLimitMs);
    expect(await cpuMsOf(() => decodeCall(body))).toBeLessThan(linearLimitMs);
  },
  120_000,
);

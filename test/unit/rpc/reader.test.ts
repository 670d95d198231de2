import fc from 'fast-check';
import { expect, test } from 'vitest';
import Deserializer from 'xmlrpc/lib/deserializer.js';
import serializer from 'xmlrpc/lib/serializer.js';
import { encodeFault, encodeResponse } from '../../../src/rpc/encode.ts';
import { readResponse } from '../../../src/rpc/reader.ts';
import type { RpcValue } from '../../../src/rpc/rpc.ts';
import { parseResponse } from '../../../src/rpc/strict-deserializer.ts';
import { plainValue, text } from './values.ts';

/** What xmlrpc itself, as published, makes of a document. */
function oracle(body: string): unknown {
  let outcome: unknown;
  const source = {
    setEncoding() {},
    on() {},
    pipe(sink: Deserializer.Sink) {
      sink.write(body);
      sink.end();
    },
  };
  new Deserializer().deserializeMethodResponse(source, (error, value) => {
    outcome = error ?? value;
  });
  return outcome;
}

/** As supervisord writes it: each element on a line, `&`, `<` and `>` escaped. */
function pythonStyle(value: RpcValue): string {
  const escaped = (raw: string) => raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const written = (item: RpcValue): string => {
    if (typeof item === 'string') return `<value><string>${escaped(item)}</string></value>\n`;
    if (typeof item === 'boolean') return `<value><boolean>${item ? 1 : 0}</boolean></value>\n`;
    if (typeof item === 'number')
      return `<value>${Number.isInteger(item) ? `<int>${item}</int>` : `<double>${item}</double>`}</value>\n`;
    if (Array.isArray(item)) return `<value><array><data>\n${item.map(written).join('')}</data></array></value>\n`;
    const members = Object.entries(item).map(
      ([name, member]) => `<member>\n<name>${escaped(name)}</name>\n${written(member)}</member>\n`,
    );
    return `<value><struct>\n${members.join('')}</struct></value>\n`;
  };
  return `<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n${written(value)}</param>\n</params>\n</methodResponse>\n`;
}

test('it reads what supervisord writes as xmlrpc does', () => {
  fc.assert(
    fc.property(plainValue, (value) => {
      const body = pythonStyle(value);
      expect(readResponse(body)).toStrictEqual({ value: oracle(body), isFault: false });
    }),
    { numRuns: 3_000 },
  );
}, 120_000);

test('it reads what drainctl writes, and never leaves that to the general parser', () => {
  fc.assert(
    fc.property(plainValue, (value) => {
      expect(readResponse(encodeResponse(value))).toStrictEqual({ value, isFault: false });
    }),
    { numRuns: 2_000 },
  );
}, 120_000);

test('where it recognises what xmlrpc writes, it agrees', () => {
  fc.assert(
    fc.property(plainValue, (value) => {
      const body = serializer.serializeMethodResponse(value);
      const read = readResponse(body);
      if (read !== undefined) expect(read.value).toStrictEqual(oracle(body));
    }),
    { numRuns: 2_000 },
  );
}, 120_000);

test('where it recognises a damaged document, the general parser agrees', () => {
  const damage = fc.record({
    value: plainValue,
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat({ max: 12 }),
    insert: fc.oneof(
      fc.constant(''),
      text,
      fc.constantFrom('<value>', '</value>', '<int>', '<string/>', '&#1;', '-', '0', 'e5'),
    ),
  });
  let recognised = 0;
  fc.assert(
    fc.property(damage, ({ value, at, cut, insert }) => {
      const whole = pythonStyle(value);
      const start = Math.floor(at * whole.length);
      const body = whole.slice(0, start) + insert + whole.slice(start + cut);
      const read = readResponse(body);
      if (read === undefined) return;
      recognised += 1;
      expect(read).toStrictEqual(parseResponse(body));
    }),
    { numRuns: 3_000 },
  );
  expect(recognised).toBeGreaterThan(100);
}, 120_000);

test('it reads a fault', () => {
  const value = { faultCode: 10, faultString: 'BAD_NAME: web & <b>' };
  expect(readResponse(encodeFault(value.faultCode, value.faultString))).toStrictEqual({ value, isFault: true });
});

test.each([
  ['CDATA', '<value><string><![CDATA[a]]></string></value>'],
  ['another entity', '<value>&quot;</value>'],
  ['a comment', '<value><!-- --><int>1</int></value>'],
  ['an int of 33 bits', '<value><int>2147483648</int></value>'],
  ['a date', '<value><dateTime.iso8601>20261121T19:05:07</dateTime.iso8601></value>'],
  ['text beside an element', '<value>x<int>1</int></value>'],
])('it leaves %s to the general parser', (_, xml) => {
  const body = `<methodResponse><params><param>${xml}</param></params></methodResponse>`;
  expect(readResponse(body)).toBeUndefined();
});

test('it leaves deep nesting to the general parser', () => {
  const body = `<methodResponse><params><param>${'<value><array><data>'.repeat(100_000)}`;
  expect(readResponse(body)).toBeUndefined();
});

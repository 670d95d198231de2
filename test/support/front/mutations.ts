import * as fc from 'fast-check';
import { callDocument } from './raw-http.ts';

/** Calls that stop, start and end nothing, whatever becomes of their parameters. */
export const harmlessCalls: readonly string[] = [
  callDocument('supervisor.getState'),
  callDocument('supervisor.getProcessInfo', ['web:web_00']),
  callDocument('supervisor.getAllProcessInfo'),
  callDocument('supervisor.tailProcessStdoutLog', ['web:web_00', 0, 100]),
  callDocument('supervisor.readLog', [0, 10]),
  callDocument('supervisor.sendProcessStdin', ['web:web_00', 'some <text> & more']),
  callDocument('supervisor.sendRemoteCommEvent', ['kind', 'data']),
  callDocument('system.listMethods'),
  callDocument('system.methodSignature', ['supervisor.getState']),
  callDocument('drain.getVersion'),
  callDocument('drain.getStatus'),
  callDocument('drain.getHistory', [3]),
  callDocument('drain.cancel', ['nobody']),
  '<?xml version="1.0"?><methodCall><methodName>system.multicall</methodName><params><param><value><array><data>' +
    '<value><struct><member><name>methodName</name><value><string>supervisor.getState</string></value></member>' +
    '<member><name>params</name><value><array><data></data></array></value></member></struct></value>' +
    '<value><struct><member><name>methodName</name><value><string>drain.getVersion</string></value></member></struct></value>' +
    '</data></array></value></param></params></methodCall>',
];

/** A name of a method that would do something to what the test watches; a mutation must not come to one by chance. */
const harmful = /\b(?:shutdown|restart|stop\w*|start\w*|signal\w*|removeProcessGroup|clear\w*)\s*</;

type Mutation = (text: Buffer) => Buffer;

const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Replaces the part of `text` from one place to another; places are fractions of its length. */
function splice(text: Buffer, from: number, length: number, by: Buffer): Buffer {
  const at = Math.floor(from * text.length);
  return Buffer.concat([text.subarray(0, at), by, text.subarray(at + length)]);
}

function onText(change: (text: string) => string): Mutation {
  return (text) => Buffer.from(change(text.toString('latin1')), 'latin1');
}

/** Any bytes, wherever they come to stand. */
const roughMutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, fc.uint8Array({ minLength: 1, maxLength: 4 })).map(
    ([at, bytes]): Mutation =>
      (text) =>
        splice(text, at, bytes.length, Buffer.from(bytes)),
  ),
  position.map(
    (at): Mutation =>
      (text) =>
        text.subarray(0, Math.floor(at * text.length)),
  ),
  fc.tuple(position, fc.nat(60)).map(
    ([at, length]): Mutation =>
      (text) =>
        splice(text, at, length, Buffer.alloc(0)),
  ),
  fc.tuple(position, fc.constantFrom('\0', '\u001b[31m', '\u0007', '\ufffe', '\u0085', '<', '>', '&', ']]>')).map(
    ([at, text]): Mutation =>
      (body) =>
        splice(body, at, 0, Buffer.from(text)),
  ),
);

const oddValues = [
  '<int>99999999999999999999999999</int>',
  '<int>2147483648</int>',
  '<int>-2147483649</int>',
  '<int>1e9</int>',
  '<int></int>',
  '<i8>9007199254740993</i8>',
  '<double>1e999</double>',
  '<double>NaN</double>',
  '<boolean>2</boolean>',
  '<nil/>',
  '<dateTime.iso8601>yesterday</dateTime.iso8601>',
  '<base64>!!!!</base64>',
  '<struct><member><name>__proto__</name><value><struct></struct></value></member></struct>',
  '<struct><member><name>constructor</name><value>x</value></member></struct>',
  '<struct><member><name>a</name></member></struct>',
  '<struct><value>half</value></struct>',
  '<array></array>',
  '<array><data><value><array><data/></array></value></data></array>',
  '<unknown>1</unknown>',
  '&undefined;',
  '&#0;',
  '&#x1b;',
  '&#xD800;',
  '<![CDATA[<value>]]>',
  '<!-- a comment -->',
  '<?php echo 1 ?>',
  `<string>${'long '.repeat(20_000)}</string>`,
];

function nested(depth: number): string {
  return '<array><data><value>'.repeat(depth) + '</value></data></array>'.repeat(depth);
}

/** What a client that misunderstands XML-RPC would send, and what one would that means harm. */
const xmlMutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc
    .oneof(fc.constantFrom(...oddValues), fc.constantFrom(5, 63, 64, 65, 500, 5_000).map(nested))
    .map((value) =>
      onText((text) =>
        text.replace(
          /<value>.*?<\/value>|<params>\s*/s,
          (found) =>
            `${found.startsWith('<params') ? '<params><param>' : ''}<value>${value}</value>${found.startsWith('<params') ? '</param>' : ''}`,
        ),
      ),
    ),
  fc
    .constantFrom(
      '__proto__',
      'constructor',
      'toString',
      'a.b.c',
      '',
      ' ',
      'supervisor._update',
      'x'.repeat(5_000),
      'é',
    )
    .map((name) => onText((text) => text.replace(/<methodName>.*?</s, `<methodName>${name}<`))),
  fc
    .constantFrom('params', 'param', 'value', 'methodCall', 'methodName', 'string', 'int')
    .map((tag) => onText((text) => text.replace(`</${tag}>`, ''))),
  fc.constant(onText((text) => `<!DOCTYPE a [${'<!ENTITY b "&c;&c;&c;&c;">'.repeat(20)}]>${text}`)),
  fc.constant(onText((text) => text.replace('?>', ' encoding="UTF-16"?>'))),
  fc.constant(onText((text) => text + text)),
  fc.constant(() => Buffer.alloc(0)),
);

const mutatedBody = fc
  .tuple(fc.constantFrom(...harmlessCalls), fc.array(fc.oneof(roughMutation, xmlMutation), { maxLength: 3 }))
  .map(([call, mutations]) => mutations.reduce<Buffer>((body, mutate) => mutate(body), Buffer.from(call)));

/** How a body is sent: the head of the request, and the body as it goes over the wire. */
type Framing = (body: Buffer) => readonly [head: string, wire: Buffer];

function plain(line: string, headers: (length: number) => string): Framing {
  return (body) => [`${line}\r\nHost: localhost\r\n${headers(body.length)}\r\n`, body];
}

const post = 'POST /RPC2 HTTP/1.1';
const framings: readonly { readonly weight: number; readonly framing: Framing }[] = [
  {
    weight: 25,
    framing: plain(post, (length) => `Content-Type: text/xml\r\nConnection: close\r\nContent-Length: ${length}\r\n`),
  },
  { weight: 5, framing: plain(post, (length) => `Content-Type: text/xml\r\nContent-Length: ${length}\r\n`) },
  { weight: 2, framing: plain('POST /RPC2 HTTP/1.0', (length) => `Content-Length: ${length}\r\n`) },
  { weight: 2, framing: plain(post, (length) => `Content-Length: ${length + 10}\r\n`) },
  { weight: 2, framing: plain(post, (length) => `Content-Length: ${Math.max(0, length - 10)}\r\n`) },
  { weight: 1, framing: plain(post, () => 'Content-Length: 999999999999\r\n') },
  { weight: 1, framing: plain(post, () => 'Content-Length: -1\r\n') },
  { weight: 1, framing: plain(post, (length) => `Content-Length: ${length}\r\nContent-Length: ${length + 1}\r\n`) },
  { weight: 1, framing: plain(post, () => '') },
  { weight: 1, framing: plain(post, (length) => `Content-Length: ${length}\r\nTransfer-Encoding: chunked\r\n`) },
  { weight: 1, framing: plain(post, (length) => `Content-Length: ${length}\r\nExpect: 100-continue\r\n`) },
  { weight: 1, framing: plain(post, (length) => `Content-Length: ${length}\r\nExpect: miracles\r\n`) },
  {
    weight: 1,
    framing: plain(post, (length) => `Content-Length: ${length}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`),
  },
  { weight: 1, framing: plain(post, (length) => `Content-Length: ${length}\r\nX: ${'y'.repeat(20_000)}\r\n`) },
  { weight: 1, framing: plain(post, (length) => `Content-Length: ${length}\r\n${'X: y\r\n'.repeat(3_000)}`) },
  { weight: 1, framing: plain(post, (length) => `Content-Length: ${length}\r\nX\0: \u001b\r\n`) },
  { weight: 1, framing: plain(post, (length) => `Content-Length: ${length}\r\nAuthorization: Basic !!!\r\n`) },
  { weight: 1, framing: plain(post, (length) => `Content-Length: ${length}\r\nContent-Encoding: gzip\r\n`) },
  { weight: 1, framing: plain('GET /RPC2 HTTP/1.1', (length) => `Content-Length: ${length}\r\n`) },
  { weight: 1, framing: plain('PRI * HTTP/2.0', () => '') },
  { weight: 1, framing: plain('CONNECT localhost:80 HTTP/1.1', () => '') },
  { weight: 1, framing: plain('POST /RPC2?x=%00 HTTP/9.9', (length) => `Content-Length: ${length}\r\n`) },
  { weight: 1, framing: plain('POST http://elsewhere/RPC2 HTTP/1.1', (length) => `Content-Length: ${length}\r\n`) },
  { weight: 1, framing: plain('GET /logtail/web:web_00/stdout/../../x HTTP/1.1', () => '') },
  { weight: 1, framing: plain('GET /logtail/%00 HTTP/1.1', () => '') },
  { weight: 1, framing: plain('GET /logtail/nobody HTTP/1.1', () => '') },
  { weight: 1, framing: plain(`GET /${'x'.repeat(10_000)} HTTP/1.1`, () => '') },
  {
    weight: 2,
    framing: (body) => [`${post}\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`, chunked(body, 7)],
  },
  {
    weight: 1,
    framing: () => [
      `${post}\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`,
      Buffer.from('ffffffffffff\r\nx'),
    ],
  },
  {
    weight: 1,
    framing: (body) => [`${post}\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n`, chunked(body, 50)],
  },
];

function chunked(body: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

const framed = fc
  .tuple(mutatedBody, fc.oneof(...framings.map(({ weight, framing }) => ({ weight, arbitrary: fc.constant(framing) }))))
  .map(([body, framing]) => {
    const [head, wire] = framing(body);
    return Buffer.concat([Buffer.from(head), wire]);
  });

const request = fc.oneof(
  { weight: 8, arbitrary: framed },
  // Several requests before the first answer.
  { weight: 1, arbitrary: fc.array(framed, { minLength: 2, maxLength: 5 }).map((all) => Buffer.concat(all)) },
  // Bytes changed anywhere, the head included.
  { weight: 1, arbitrary: fc.tuple(framed, roughMutation).map(([bytes, mutate]) => mutate(bytes)) },
);

/** What a client may send on one connection: valid calls that have been spoilt in some way, at times in none. */
export const mutatedRequest: fc.Arbitrary<Buffer> = request.filter((bytes) => !harmful.test(bytes.toString('latin1')));

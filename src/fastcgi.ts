/**
 * FastCGI as a client that asks one thing on a connection of its own: a GET request, without a body.
 *
 * Reference: https://fastcgi-archives.github.io/FastCGI_Specification.html (version 1; sections 3.3 and 5)
 */

import type { SocketAddress } from './socket-address.ts';
import { exchange } from './socket-exchange.ts';

/** One request. */
export interface FastcgiRequest {
  readonly address: SocketAddress;
  /** The CGI variables, such as SCRIPT_NAME. */
  readonly variables: Readonly<Record<string, string>>;
  /** From the connect to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** A whole answer. */
export interface FastcgiAnswer {
  /** From the `Status` header; without one it is 200 (RFC 3875, section 6.3.3). */
  readonly status: number;
  readonly body: string;
  /** What the application wrote to its error stream. */
  readonly errors: string;
}

const version = 1;
/** The only request of its connection. */
const requestId = 1;
const recordTypes = { beginRequest: 1, endRequest: 3, parameters: 4, stdin: 5, stdout: 6, stderr: 7 };
const headerBytes = 8;
const endBytes = 8;

/** Sends a request and reads the whole answer. Rejects with an Error that says why in a few words, or the signal's reason. */
export async function fastcgiRequest(request: FastcgiRequest, signal: AbortSignal): Promise<FastcgiAnswer> {
  const { address, variables, timeoutMs, maxBytes } = request;
  return decodeAnswer(await exchange({ address, request: encodeRequest(variables), timeoutMs, maxBytes }, signal));
}

/** The bytes of a request after whose answer the application closes the connection. */
export function encodeRequest(variables: Readonly<Record<string, string>>): Buffer {
  const responder = Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]);
  const pairs = Object.entries(variables).map(([name, value]) => encodePair(Buffer.from(name), Buffer.from(value)));
  return Buffer.concat([
    encodeRecord(recordTypes.beginRequest, responder),
    encodeRecord(recordTypes.parameters, Buffer.concat(pairs)),
    encodeRecord(recordTypes.parameters, Buffer.alloc(0)),
    encodeRecord(recordTypes.stdin, Buffer.alloc(0)),
  ]);
}

function encodeRecord(type: number, content: Buffer): Buffer {
  if (content.length > 0xff_ff) throw new Error('the request is too long for FastCGI');
  const header = Buffer.from([version, type, 0, requestId, content.length >> 8, content.length & 0xff, 0, 0]);
  return Buffer.concat([header, content]);
}

function encodePair(name: Buffer, value: Buffer): Buffer {
  return Buffer.concat([encodeLength(name.length), encodeLength(value.length), name, value]);
}

/** One byte below 128, else four with the highest bit set. */
function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((length | 0x80_00_00_00) >>> 0);
  return bytes;
}

/** What all bytes of a connection say. Throws an Error where they are no FastCGI, or not all of an answer. */
export function decodeAnswer(bytes: Buffer): FastcgiAnswer {
  const streams = { [recordTypes.stdout]: [] as Buffer[], [recordTypes.stderr]: [] as Buffer[] };
  let rest = bytes;
  for (;;) {
    const { type, content, length } = decodeRecord(rest);
    rest = rest.subarray(length);
    if (type === recordTypes.endRequest) {
      refuseUnlessComplete(content, rest);
      break;
    }
    const stream = streams[type];
    if (stream === undefined) throw new Error(`its answer is no FastCGI: a record of type ${type}`);
    stream.push(content);
  }
  const text = (type: number) => Buffer.concat(streams[type] ?? []).toString('utf8');
  return { ...splitCgi(text(recordTypes.stdout)), errors: text(recordTypes.stderr) };
}

function decodeRecord(bytes: Buffer): { readonly type: number; readonly content: Buffer; readonly length: number } {
  const [version_, type = 0, , id] = bytes;
  if (version_ !== undefined && version_ !== version) throw new Error('its answer is no FastCGI');
  if (bytes.length < headerBytes) throw new Error('its answer is cut off');
  if (bytes[2] !== 0 || id !== requestId) throw new Error('its answer is no FastCGI: it belongs to another request');
  const contentBytes = bytes.readUInt16BE(4);
  const length = headerBytes + contentBytes + bytes.readUInt8(6);
  if (bytes.length < length) throw new Error('its answer is cut off');
  return { type, content: bytes.subarray(headerBytes, headerBytes + contentBytes), length };
}

const refusals = ['', 'it serves one request a connection', 'it is overloaded', 'it knows no responder role'];

function refuseUnlessComplete(end: Buffer, rest: Buffer): void {
  if (end.length !== endBytes || rest.length > 0) throw new Error('its answer is no FastCGI: it ends in an odd way');
  const status = end.readUInt8(4);
  if (status !== 0) throw new Error(`it refused the request: ${refusals[status] ?? `status ${status}`}`);
}

/** The header lines of CGI end with an empty one. */
function splitCgi(text: string): { readonly status: number; readonly body: string } {
  const end = /\r?\n\r?\n/.exec(text);
  if (end === null) throw new Error('its answer has no CGI header');
  const header = text.slice(0, end.index);
  const [, status = '200'] = /^status:[ \t]*(\S+)/im.exec(header) ?? [];
  return { status: /^\d{3}$/.test(status) ? Number(status) : 0, body: text.slice(end.index + end[0].length) };
}

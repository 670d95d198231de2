import { DrainctlError } from '../errors.ts';
import { lazy } from '../lazy.ts';
import { readResponse } from './reader.ts';
import { RpcFault, type RpcValue } from './rpc.ts';
import type { ParsedResponse } from './strict-deserializer.ts';

/** Messages go to logs and into faults. */
const maxReason = 300;

/** The general parser, only when it is needed: it costs 4 ms of every start. */
export const loadParser = lazy(() => import('./strict-deserializer.ts'));

/** A call as a server receives it. */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly RpcValue[];
}

/** Reads a call; `RPC_PROTOCOL` where `body` is none. */
export async function decodeCall(body: string): Promise<RpcCall> {
  const { parseCall } = await loadParser();
  try {
    const { method, params } = parseCall(body);
    // The deserializer makes nothing but the values of RpcValue: it has no nil.
    return { method, params: params as RpcValue[] };
  } catch (error) {
    throw malformed('call', error);
  }
}

/** Reads an answer. Rejects with the {@link RpcFault} that it holds, or `RPC_PROTOCOL` where `body` is no answer. */
export async function decodeResponse(body: string): Promise<RpcValue> {
  const { value, isFault } = readResponse(body) ?? (await parseResponse(body));
  if (isFault) throw faultOf(value);
  if (value === undefined) throw malformed('answer', new Error('it holds no value'));
  // As above.
  return value as RpcValue;
}

async function parseResponse(body: string): Promise<ParsedResponse> {
  const parser = await loadParser();
  try {
    return parser.parseResponse(body);
  } catch (error) {
    throw malformed('answer', error);
  }
}

function faultOf(value: unknown): Error {
  if (typeof value === 'object' && value !== null && 'faultCode' in value && 'faultString' in value) {
    const { faultCode, faultString } = value;
    if (typeof faultCode === 'number' && typeof faultString === 'string') return new RpcFault(faultCode, faultString);
  }
  return malformed('answer', new Error('its fault lacks a faultCode or a faultString'));
}

function malformed(what: 'call' | 'answer', cause: unknown): DrainctlError {
  // sax puts line and column below its message.
  const why = (cause instanceof Error ? cause.message : String(cause)).replaceAll('\n', ', ');
  // It may quote a megabyte of what was sent.
  const shown = why.length > maxReason ? `${why.slice(0, maxReason)}…` : why;
  return new DrainctlError('RPC_PROTOCOL', `not an XML-RPC ${what}: ${shown}`, { cause });
}

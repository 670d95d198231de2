import serializer from 'xmlrpc/lib/serializer.js';
import { encodable, xmlSafe } from './encodable.ts';
import type { RpcValue } from './rpc.ts';

/** The document for a call. `INTERNAL` for a parameter that XML-RPC cannot carry. http://xmlrpc.com/spec.md */
export function encodeCall(method: string, params: readonly RpcValue[]): string {
  const carried = params.map((param, index) => encodable(param, `${method}: parameter ${index + 1}`));
  return serializer.serializeMethodCall(xmlSafe(method), carried);
}

/** The document for a result. `INTERNAL` for a value that XML-RPC cannot carry. */
export function encodeResponse(value: RpcValue): string {
  return serializer.serializeMethodResponse(encodable(value, 'the result'));
}

/** The document for a fault. */
export function encodeFault(code: number, text: string): string {
  return serializer.serializeFault({ faultCode: code, faultString: encodable(text, 'the fault') });
}

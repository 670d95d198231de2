import type { RpcValue } from './rpc.ts';

/** A method name that means the same inside XML. */
const plainName = /^[\w.]+$/;

/**
 * The document for a call, as `encodeCall` of encode.ts writes it, which also says what it rejects. A call without
 * parameters, such as that of `drainctl status`, is written here, for the serializer takes 6 ms to load.
 */
export async function callDocument(method: string, params: readonly RpcValue[]): Promise<string> {
  if (params.length === 0 && plainName.test(method)) {
    return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params/></methodCall>`;
  }
  const { encodeCall } = await import('./encode.ts');
  return encodeCall(method, params);
}

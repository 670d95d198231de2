import { lazy } from '../lazy.ts';
import type { RpcValue } from './rpc.ts';

/** The serializer, only when it is needed: it takes 6 ms. */
export const loadEncoder = lazy(() => import('./encode.ts'));

/** A method name that means the same inside XML. */
const plainName = /^[\w.]+$/;

/**
 * The document for a call, as `encodeCall` of encode.ts writes it, which also says what it rejects. A call without
 * parameters, such as that of `drainctl status`, is written here.
 */
export async function callDocument(method: string, params: readonly RpcValue[]): Promise<string> {
  if (params.length === 0 && plainName.test(method)) {
    return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params/></methodCall>`;
  }
  const { encodeCall } = await loadEncoder();
  return encodeCall(method, params);
}

import { namedFault } from '../../rpc/faults.ts';
import { typeOf } from '../../rpc/methods.ts';
import type { RpcFault, RpcValue } from '../../rpc/rpc.ts';

/**
 * Fault 2 where a parameter is of another type than `signature`, as `system.methodSignature` gives it, says: the
 * result's type, then each parameter's. Undefined where all fit, or where it says nothing.
 */
export function typeFault(method: string, signature: RpcValue, params: readonly RpcValue[]): RpcFault | undefined {
  const [, ...types] = Array.isArray(signature) ? signature.map(String) : [];
  for (const [index, param] of params.entries()) {
    const wanted = types[index];
    const given = typeOf(param);
    // supervisord takes base64 for a string.
    if (wanted === undefined || given === wanted || (wanted === 'string' && given === 'base64')) continue;
    return namedFault('INCORRECT_PARAMETERS', `${method}: parameter ${index + 1} is of type ${given}, not ${wanted}`);
  }
  return undefined;
}

import { toFault } from './error-faults.ts';
import { namedFault } from './faults.ts';
import { callMethod, type RpcMethod, type RpcMethods } from './methods.ts';
import type { RpcStruct, RpcValue } from './rpc.ts';

/**
 * `methods` and the four of the `system.` namespace, which answer as supervisord's do: `multicall` gives each result
 * as it is, not in an array of its own as elsewhere. http://supervisord.org/api.html#system-methods
 */
export function withSystemMethods(methods: RpcMethods): RpcMethods {
  const all = new Map(methods);
  const known = (name: unknown): RpcMethod => {
    const method = all.get(String(name));
    if (method === undefined) throw namedFault('SIGNATURE_UNSUPPORTED');
    return method;
  };
  all.set('system.listMethods', {
    help: 'The names of all methods.',
    signature: ['array'],
    handle: () => [...all.keys()].sort(),
  });
  all.set('system.methodHelp', {
    help: 'What a method does.',
    signature: ['string', 'string'],
    handle: ([name]) => known(name).help,
  });
  all.set('system.methodSignature', {
    help: 'The type of the result of a method, then of each of its parameters.',
    signature: ['array', 'string'],
    handle: ([name]) => known(name).signature,
  });
  all.set('system.multicall', {
    help: 'Makes many calls, given as structs {methodName, params}, one after another. Gives their results in the same order; a fault is a struct {faultCode, faultString}.',
    signature: ['array', 'array'],
    handle: ([calls], context) =>
      runMulticall(Array.isArray(calls) ? calls : [], context.signal, (name, params) =>
        callMethod(all, name, params, context),
      ),
  });
  return all;
}

/** Makes one call of a multicall; what it rejects with becomes a fault in the results. */
export type MakeCall = (method: string, params: readonly RpcValue[]) => Promise<RpcValue>;

/** The results of the calls of a `system.multicall`, made one after another. Rejects only when `signal` is aborted. */
export async function runMulticall(
  calls: readonly RpcValue[],
  signal: AbortSignal,
  makeCall: MakeCall,
): Promise<RpcValue[]> {
  const results: RpcValue[] = [];
  for (const call of calls) {
    signal.throwIfAborted();
    results.push(await single(call, makeCall));
  }
  return results;
}

async function single(call: RpcValue, makeCall: MakeCall): Promise<RpcValue> {
  try {
    const { methodName, params = [] } = isStruct(call) ? call : {};
    if (typeof methodName !== 'string') throw namedFault('INCORRECT_PARAMETERS', 'No methodName');
    if (methodName === 'system.multicall') {
      throw namedFault('INCORRECT_PARAMETERS', 'Recursive system.multicall forbidden');
    }
    if (!isArray(params)) throw namedFault('INCORRECT_PARAMETERS', `The params of ${methodName} are no array`);
    return await makeCall(methodName, params);
  } catch (error) {
    const fault = toFault(error);
    return { faultCode: fault.faultCode, faultString: fault.message };
  }
}

/** Array.isArray does not narrow to a readonly array. */
function isArray(value: RpcValue): value is readonly RpcValue[] {
  return Array.isArray(value);
}

function isStruct(value: RpcValue): value is RpcStruct {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date) && !Buffer.isBuffer(value);
}

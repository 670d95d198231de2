import { namedFault } from './faults.ts';
import type { RpcValue } from './rpc.ts';

/** The types that a signature is written in. http://xmlrpc.com/spec.md#scalars */
export type RpcType = 'string' | 'int' | 'boolean' | 'double' | 'dateTime.iso8601' | 'base64' | 'array' | 'struct';

/** What a method learns of its call beside the parameters. */
export interface RpcContext {
  /** Aborted when the client goes away before it has its answer. */
  readonly signal: AbortSignal;
}

/** A method that a server offers. */
export interface RpcMethod {
  /** For `system.methodHelp`. */
  readonly help: string;
  /** The type of the result, then of each parameter. */
  readonly signature: readonly [result: RpcType, ...params: RpcType[]];
  /** How many parameters may be left out, from the last one on. 0 where absent. */
  readonly optionalParams?: number;
  /** True for a method that judges its parameters itself, such as one that passes them on. */
  readonly unchecked?: boolean;
  /** Gets parameters that fit the signature. A DrainctlError or an RpcFault that it throws becomes the answer. */
  handle(params: readonly RpcValue[], context: RpcContext): Promise<RpcValue> | RpcValue;
}

/** Methods by their full names, such as `drain.getStatus`. */
export type RpcMethods = ReadonlyMap<string, RpcMethod>;

/** Runs one call. An unknown method and parameters that do not fit are supervisord's faults 1 and 2. */
export async function callMethod(
  methods: RpcMethods,
  name: string,
  params: readonly RpcValue[],
  context: RpcContext,
): Promise<RpcValue> {
  const method = methods.get(name);
  if (method === undefined) throw namedFault('UNKNOWN_METHOD', name);
  if (method.unchecked !== true) checkParams(name, method, params);
  return method.handle(params, context);
}

function checkParams(name: string, method: RpcMethod, params: readonly RpcValue[]): void {
  const [, ...types] = method.signature;
  const least = types.length - (method.optionalParams ?? 0);
  if (params.length < least || params.length > types.length) {
    const wanted = least === types.length ? `${least}` : `${least} to ${types.length}`;
    throw namedFault('INCORRECT_PARAMETERS', `${name} takes ${wanted} parameters, not ${params.length}`);
  }
  for (const [index, param] of params.entries()) {
    const wanted = types[index];
    const given = typeOf(param);
    // A whole number is written as an int, whatever was meant.
    if (given === wanted || (wanted === 'double' && given === 'int')) continue;
    throw namedFault('INCORRECT_PARAMETERS', `${name}: parameter ${index + 1} is of type ${given}, not ${wanted}`);
  }
}

/** The type that a value is written as. */
export function typeOf(value: RpcValue): RpcType {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double';
  if (value instanceof Date) return 'dateTime.iso8601';
  if (Buffer.isBuffer(value)) return 'base64';
  return Array.isArray(value) ? 'array' : 'struct';
}

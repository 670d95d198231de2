import type { RpcValue } from '../../rpc/rpc.ts';

/** The parameters of a method that takes a name and `wait`; undefined where they are wrong, which is supervisord's to say. */
export function nameAndWait(
  params: readonly RpcValue[],
): { readonly name: string; readonly wait: boolean } | undefined {
  const [name, wait] = params;
  if (name === undefined || params.length > 2) return undefined;
  const text = Buffer.isBuffer(name) ? name.toString('utf8') : name;
  return typeof text === 'string' ? { name: text, wait: isTrue(wait ?? true) } : undefined;
}

/** The parameters of a method that takes only `wait`; undefined as in {@link nameAndWait}. */
export function onlyWait(params: readonly RpcValue[]): { readonly wait: boolean } | undefined {
  return params.length > 1 ? undefined : { wait: isTrue(params[0] ?? true) };
}

/** What Python takes for true: supervisord asks no more of `wait`. */
export function isTrue(value: RpcValue): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'string') return value !== '';
  if (value instanceof Date) return true;
  return Object.keys(value).length > 0;
}

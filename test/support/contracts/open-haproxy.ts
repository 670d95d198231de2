import { haproxy } from '../../../src/pools/haproxy.ts';
import type { MemberState, Pool } from '../../../src/pools/pool.ts';
import { noServices } from '../doubles/driver-surroundings.ts';

/** A member of the driver `haproxy`. */
export interface HaproxyMember {
  readonly server: string;
}

/** The pool of one address, with options as they are written in YAML. */
export function openHaproxy(
  address: string | { readonly address: string; readonly master: string },
  options: Readonly<Record<string, unknown>> = {},
): Pool<HaproxyMember> {
  const [pool] = haproxy.open(haproxy.options.parse({ addresses: [address], ...options }), noServices);
  if (pool === undefined) throw new Error('the driver opened no pool');
  return pool;
}

/** The state of one server. */
export async function stateOf(pool: Pool<HaproxyMember>, server: string): Promise<MemberState> {
  const [state] = await pool.state([{ server }], AbortSignal.timeout(10_000));
  if (state === undefined) throw new Error('the pool gave no state');
  return state;
}

/** Takes servers out that have been out for `outForMs`. */
export async function depool(pool: Pool<HaproxyMember>, servers: readonly string[], outForMs = 0): Promise<void> {
  await pool.depool(
    servers.map((server) => ({ member: { server }, outForMs })),
    AbortSignal.timeout(10_000),
  );
}

/** Puts one server back. */
export async function repool(pool: Pool<HaproxyMember>, server: string, before: MemberState['before']): Promise<void> {
  await pool.repool([{ member: { server }, before }], AbortSignal.timeout(10_000));
}

import { expect } from 'vitest';
import { type DrainctlError, isDrainctlError } from '../../../src/errors.ts';
import type { MemberState, Pool } from '../../../src/pools/pool.ts';
import { waitFor } from '../wait-for.ts';
import type { AgentMember } from './haproxy-agent.ts';

const { signal } = new AbortController();

/** The server that the tests work with. */
export const server = 'app/web_00';

/** Depools {@link server}. */
export const takeOut = (pool: Pool<AgentMember>) => pool.depool([{ member: { server }, outForMs: 0 }], signal);

/** Repools it. */
export const putBack = (pool: Pool<AgentMember>) => pool.repool([{ member: { server }, before: null }], signal);

/** Its state, or the error that keeps it from being known. */
export async function stateOf(pool: Pool<AgentMember>, of = server): Promise<MemberState | DrainctlError> {
  try {
    const [state] = await pool.state([{ server: of }], signal);
    if (state === undefined) throw new Error('no state');
    return state;
  } catch (error) {
    if (isDrainctlError(error)) return error;
    throw error;
  }
}

/** Waits until the pool says that it is in. */
export async function waitUntilIn(pool: Pool<AgentMember>): Promise<void> {
  await waitFor(
    async () => {
      const state = await stateOf(pool);
      return 'placement' in state && state.placement === 'in';
    },
    { what: 'the member to be in', intervalMs: 10 },
  );
}

/** What the promise rejected with; undefined: it did not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Expects `POOL_UNREACHABLE` with this text. */
export function expectUnreachable(error: unknown, hint: string | RegExp): void {
  expect(isDrainctlError(error, 'POOL_UNREACHABLE') && error.toText()).toMatch(hint);
}

import type { RpcContext } from '../../rpc/methods.ts';
import type { RpcValue } from '../../rpc/rpc.ts';

/** What the front answers a call with: a value of its own, or what supervisord answers to the same call. */
export type FrontAnswer = { readonly kind: 'value'; readonly value: RpcValue } | PassOn;

/** The call goes to supervisord as it came, and its answer to the client, byte for byte. */
export interface PassOn {
  readonly kind: 'pass on';
  /** Runs when supervisord has carried the call out; its answer is held back until this has ended, whatever comes of it. */
  readonly beforeAnswer?: (signal: AbortSignal) => Promise<void>;
}

/** A method that the front answers itself, at least at times. A fault or DrainctlError that it throws is the answer. */
export type FrontMethod = (params: readonly RpcValue[], context: RpcContext) => Promise<FrontAnswer>;

/** For a call that is not ours to answer. */
export const passOn: PassOn = { kind: 'pass on' };

/** An answer of our own. */
export function answerWith(value: RpcValue): FrontAnswer {
  return { kind: 'value', value };
}

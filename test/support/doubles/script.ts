import { once } from 'node:events';
import { DrainctlError } from '../../../src/errors.ts';

/** What a double does before it answers a call: wait, throw, or nothing. `subject` are the names that the call is about. */
export type Script = (subject: string, signal: AbortSignal) => Promise<void> | void;

/** Never goes on; rejects with the signal's reason when that is aborted. */
export const hang: Script = async (_, signal) => {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
};

/** Fails as a pool that does not answer. */
export const unreachable: Script = (subject) => {
  throw new DrainctlError('POOL_UNREACHABLE', `the scripted pool did not answer for ${subject}`);
};

/** Fails as a pool that answers and refuses. */
export const refused: Script = (subject) => {
  throw new DrainctlError('POOL_REFUSED', `the scripted pool refused ${subject}`);
};

/** Runs `script` for the first `count` calls, and lets the later ones pass. */
export function times(count: number, script: Script): Script {
  let calls = 0;
  return async (subject, signal) => {
    calls += 1;
    if (calls <= count) await script(subject, signal);
  };
}

/** A gate in a script: calls wait in it until it is opened. */
export interface Barrier {
  readonly script: Script;
  /** Resolves when the first call has come. */
  readonly reached: Promise<void>;
  open(): void;
}

/** A {@link Barrier}. It does not heed its signal: what was sent can't be called back. */
export function barrier(): Barrier {
  let reach = () => {};
  let open = () => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    reached,
    open,
    script: async () => {
      reach();
      await opened;
    },
  };
}

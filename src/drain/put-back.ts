import { DrainctlError, isDrainctlError } from '../errors.ts';
import { type Deadline, sleep } from '../time.ts';
import type { Journal } from './journal.ts';
import type { JournalEntry } from './journal-file.ts';
import type { PoolAddress } from './pool-address.ts';
import { retry } from './retry.ts';

/** Finds an address of a pool by its names in the journal; undefined where the configuration no longer has it. */
export type FindAddress = (pool: string, address: string) => PoolAddress | undefined;

/** What it takes to put members back. */
export interface PutBackOptions {
  readonly journal: Journal;
  readonly findAddress: FindAddress;
  readonly deadline: Deadline;
  readonly signal: AbortSignal;
  readonly pollMs: number;
  /** False where it is enough that the pool takes it again, and its own health check may take its time. */
  readonly untilIn: boolean;
  /** Told of a member that is not ours any more, but out by somebody else's hand. */
  readonly onStillOut: (entry: JournalEntry, text: string) => void;
}

/**
 * Puts back what the journal says that we took out, each member to the state it had before, and forgets it. With
 * `untilIn` it waits until the pool gives each member work again, as it did before.
 *
 * @throws DrainctlError of the first member that could not be put back; the others are put back all the same, and
 *   what is not back stays in the journal.
 */
export async function putBack(entries: readonly JournalEntry[], options: PutBackOptions): Promise<void> {
  const results = await Promise.allSettled(entries.map((entry) => putBackOne(entry, options)));
  options.signal.throwIfAborted();
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function putBackOne(entry: JournalEntry, options: PutBackOptions): Promise<void> {
  const { journal, deadline, signal } = options;
  const address = options.findAddress(entry.pool, entry.address);
  if (address === undefined) throw noSuchAddress(entry);
  const mayHelp = (error: DrainctlError) => isDrainctlError(error, 'POOL_UNREACHABLE');
  await retry({ deadline, signal, mayHelp }, () => address.repool(entry.member, entry.before, signal));
  await journal.clear(entry);
  if (entry.wasIn && options.untilIn) await waitUntilIn(entry, address, options);
}

async function waitUntilIn(entry: JournalEntry, address: PoolAddress, options: PutBackOptions): Promise<void> {
  const { deadline, signal, pollMs } = options;
  for (;;) {
    const mayHelp = (error: DrainctlError) => isDrainctlError(error, 'POOL_UNREACHABLE');
    const state = await retry({ deadline, signal, mayHelp }, () => address.state(entry.member, signal));
    if (state.placement === 'in') return;
    // Somebody else has taken it out in the meantime, and that is theirs to end.
    if (state.placement === 'out') return options.onStillOut(entry, state.text);
    if (deadline.passed) throw notIn(entry, state.text);
    await sleep(pollMs, signal);
  }
}

function noSuchAddress(entry: JournalEntry): DrainctlError {
  return new DrainctlError(
    'POOL_REFUSED',
    `${entry.label} of ${entry.process} was taken out of pool "${entry.pool}" at ${entry.address}, which the configuration no longer has. It is still out.`,
    { hint: 'Put the pool or its address back into the configuration, or put the member back by hand.' },
  );
}

function notIn(entry: JournalEntry, text: string): DrainctlError {
  return new DrainctlError(
    'NOT_READY',
    `${entry.label} was put back at ${entry.address}, but the pool still says ${text}. ${entry.process} runs, and gets work as soon as the pool's own check finds it up.`,
    { hint: "Look at the pool's health check of this member." },
  );
}

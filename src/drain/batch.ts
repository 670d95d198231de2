import { setImmediate as nextTurn } from 'node:timers/promises';
import { abandonable } from '../time.ts';

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Joins the calls that many processes make in the same turn of the event loop into one. `work` gives its results in
 * the order of its items. Where it fails for several items at once and `splits` says that the fault may lie with one
 * of them, each is tried alone, so that everyone gets an answer of their own.
 */
export class Batch<Item, Result> {
  readonly #work: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Result[]>;
  readonly #splits: (error: unknown) => boolean;
  #waiting: Waiting<Item, Result>[] = [];
  #open = 0;
  #abort = new AbortController();

  constructor(
    work: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Result[]>,
    splits: (error: unknown) => boolean = () => false,
  ) {
    this.#work = work;
    this.#splits = splits;
  }

  /** Resolves with the item's result; rejects with the batch's error, or at once when `signal` is aborted. */
  async add(item: Item, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    const result = new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#waiting.length === 1) void this.#flush();
    });
    this.#open += 1;
    try {
      return await abandonable(result, signal);
    } finally {
      this.#open -= 1;
      // Nobody waits for an answer any more: the calls that are still under way may end too.
      if (this.#open === 0) {
        this.#abort.abort(signal.reason);
        this.#abort = new AbortController();
      }
    }
  }

  async #flush(): Promise<void> {
    await nextTurn();
    const batch = this.#waiting;
    this.#waiting = [];
    await this.#run(batch, this.#abort.signal);
  }

  async #run(batch: readonly Waiting<Item, Result>[], signal: AbortSignal): Promise<void> {
    try {
      const results = await this.#work(
        batch.map((waiting) => waiting.item),
        signal,
      );
      for (const [index, waiting] of batch.entries()) waiting.resolve(results[index] as Result); // as: one for each item, says the contract
    } catch (error) {
      if (batch.length > 1 && this.#splits(error)) {
        for (const waiting of batch) await this.#run([waiting], signal);
      } else {
        for (const waiting of batch) waiting.reject(error);
      }
    }
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly signal: AbortSignal;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** How a {@link Batch} treats its calls. */
export interface BatchOptions {
  /**
   * True for calls that change something: once sent, they are waited for, whoever is cancelled meanwhile. Who undoes a
   * change must know that it has been made.
   */
  readonly hasEffect?: boolean;
  /** True for an error that may lie with one of several items: each is then tried alone, so that everyone gets an answer of their own. */
  readonly splits?: (error: unknown) => boolean;
  /** False: each item goes out by itself. Default: true. */
  readonly joins?: boolean;
}

/**
 * Joins the calls that many processes make in the same turn of the event loop into one. `work` gives its results in
 * the order of its items; its signal is aborted when nobody waits for it any more.
 */
export class Batch<Item, Result> {
  readonly #work: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Result[]>;
  readonly #hasEffect: boolean;
  readonly #splits: (error: unknown) => boolean;
  readonly #joins: boolean;
  #waiting: Waiting<Item, Result>[] = [];

  constructor(
    work: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Result[]>,
    { hasEffect = false, splits = () => false, joins = true }: BatchOptions = {},
  ) {
    this.#work = work;
    this.#hasEffect = hasEffect;
    this.#splits = splits;
    this.#joins = joins;
  }

  /** Resolves with the item's result; rejects with the batch's error, or with the reason of `signal`. */
  async add(item: Item, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ item, signal, resolve, reject });
      if (this.#waiting.length === 1) void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    await nextTurn();
    const batch = this.#waiting;
    this.#waiting = [];
    // What was cancelled before it was sent is not sent at all.
    for (const waiting of batch) if (waiting.signal.aborted) waiting.reject(waiting.signal.reason);
    const toSend = batch.filter((waiting) => !waiting.signal.aborted);
    const groups = this.#joins ? [toSend] : toSend.map((waiting) => [waiting]);
    await Promise.all(groups.map((group) => this.#run(group)));
  }

  async #run(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    if (batch.length === 0) return;
    const watch = new AbortWatch(batch, this.#hasEffect);
    try {
      const items = batch.map((waiting) => waiting.item);
      const results = await this.#work(items, watch.signal);
      if (results.length !== items.length)
        throw new Error(`${items.length} were asked for, ${results.length} answered`);
      for (const [index, waiting] of batch.entries()) waiting.resolve(results[index] as Result); // as: there is one for each
    } catch (error) {
      await this.#fail(batch, error);
    } finally {
      watch.end();
    }
  }

  async #fail(batch: readonly Waiting<Item, Result>[], error: unknown): Promise<void> {
    if (batch.length > 1 && this.#splits(error)) {
      for (const waiting of batch) await this.#run([waiting]);
    } else {
      for (const { signal, reject } of batch) reject(signal.aborted ? signal.reason : error);
    }
  }
}

/** Lets those go who are cancelled, and aborts the work when the last of them has gone; work with an effect runs to its end. */
class AbortWatch {
  readonly #controller = new AbortController();
  readonly #endings: (() => void)[] = [];

  constructor(batch: readonly Pick<Waiting<unknown, unknown>, 'signal' | 'reject'>[], hasEffect: boolean) {
    if (hasEffect) return;
    let waiting = batch.length;
    for (const { signal, reject } of batch) {
      const leave = () => {
        reject(signal.reason);
        waiting -= 1;
        if (waiting === 0) this.#controller.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#endings.push(() => signal.removeEventListener('abort', leave));
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    for (const end of this.#endings) end();
  }
}

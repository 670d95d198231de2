import { abandonable } from '../time.ts';

/** Lets work on the same things happen one after another, in the order in which it was asked for. */
export class Turns {
  readonly #tails = new Map<string, Promise<unknown>>();

  /**
   * Resolves when all turns that were asked for before on any of these keys have ended; what it gives ends this one. All keys are
   * asked for in the same moment, so nobody waits in a circle. Rejects with the reason of `signal` where that is aborted first.
   */
  async take(keys: readonly string[], signal: AbortSignal): Promise<() => void> {
    const before = Promise.all(keys.map((key) => this.#tails.get(key)));
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    // Whoever comes next waits for those before as well, also where this one has been cancelled while it waited.
    const tail = before.then(() => ended);
    for (const key of keys) this.#tails.set(key, tail);
    try {
      await abandonable(before, signal);
      return end;
    } catch (error) {
      end();
      throw error;
    }
  }
}

import { monotonicMs } from '../../time.ts';

/**
 * Work of which one result serves all who ask for it at the same time, and for `freshMs` after it was begun: however
 * many ask, it is done once. A rejection is not kept.
 */
export class Shared<T> {
  readonly #freshMs: number;
  readonly #work: () => Promise<T>;
  #latest: { readonly result: Promise<T>; readonly atMs: number; isUnderWay: boolean } | undefined;

  constructor(freshMs: number, work: () => Promise<T>) {
    this.#freshMs = freshMs;
    this.#work = work;
  }

  async get(): Promise<T> {
    const latest = this.#latest;
    if (latest !== undefined && (latest.isUnderWay || monotonicMs() - latest.atMs < this.#freshMs))
      return latest.result;
    const begun = { result: this.#work(), atMs: monotonicMs(), isUnderWay: true };
    this.#latest = begun;
    try {
      return await begun.result;
    } catch (error) {
      this.#latest = undefined;
      throw error;
    } finally {
      begun.isUnderWay = false;
    }
  }
}

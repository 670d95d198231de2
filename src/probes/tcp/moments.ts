/**
 * Lets all who ask in the same moment share what one look shows. A look is taken after the last of them has asked, so
 * nobody is answered with what was before.
 */
export class Moments<Look> {
  readonly #take: () => Look;
  #next: Promise<Look> | undefined;

  /** @param take begins a look, once for each moment */
  constructor(take: () => Look) {
    this.#take = take;
  }

  /** The look that begins as soon as all who ask at this moment have asked. It must not be kept. */
  next(): Promise<Look> {
    this.#next ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.#next = undefined;
      return this.#take();
    });
    return this.#next;
  }
}

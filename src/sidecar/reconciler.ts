import type { Engine } from '../drain/engine.ts';
import { toDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { sleep } from '../time.ts';

/** Events come in bursts; a look that begins this long after the first serves for all of them. */
const gatherMs = 20;

/**
 * Keeps what is known of supervisord's processes true, and puts back what earlier runs left out. Events only tell when
 * to look: they may be lost, so what they say is asked for again.
 */
export class Reconciler {
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #onReconciled: (succeeded: boolean) => void;
  #wanted = false;
  #busy: Promise<void> | undefined;

  /** `onReconciled` is told of each time that supervisord was asked, and whether it told. */
  constructor(engine: Engine, log: Log, onReconciled: (succeeded: boolean) => void = () => {}) {
    this.#engine = engine;
    this.#log = log;
    this.#onReconciled = onReconciled;
  }

  /** Has a look soon. Calls that come while one is under way make for one more after it. */
  request(): void {
    this.#wanted = true;
    this.#busy ??= this.#work().finally(() => {
      this.#busy = undefined;
    });
  }

  async #work(): Promise<void> {
    while (this.#wanted) {
      await sleep(gatherMs);
      this.#wanted = false;
      try {
        await this.#engine.world.refresh();
        this.#onReconciled(true);
        // Not waited for: a slow pool must not keep us from seeing which processes there are.
        void this.#engine.recover();
      } catch (error) {
        this.#onReconciled(false);
        this.#log.debug(`supervisord could not be asked: ${toDrainctlError(error).message}`);
      }
    }
  }
}

import type { Engine } from '../drain/engine.ts';
import type { Loss } from '../drain/loss.ts';
import { crashed, isEnd, stoppedPast } from '../drain/losses.ts';
import { toDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ProcessStateEvent } from '../supervisor/events.ts';
import { withTimeout } from '../time.ts';
import { DeathWatch } from './death-watch.ts';

const askLimitMs = 5_000;

/** What an event tells of a process that went or is going; undefined for any other. Whether the stop was ours the engine knows. */
export function lossOf(event: ProcessStateEvent): Loss | undefined {
  const { fullName, state, pid, expected } = event;
  if (state === 'STOPPING') return stoppedPast(fullName, pid);
  return isEnd(state) ? crashed(fullName, state, pid, expected) : undefined;
}

/**
 * Has processes taken out that are stopped past drainctl, exit or crash: straight from supervisord's event, with what was
 * last known of the process, so that nobody is asked first.
 */
export class DamageControl {
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #watch: DeathWatch;

  constructor(engine: Engine, log: Log, supervisordPid: number) {
    this.#engine = engine;
    this.#log = log;
    // Whoever asks supervisord sees what went: of some of it there was no event.
    engine.world.onSeen = (before, after) => engine.losses.compare(before, after);
    this.#watch = new DeathWatch(supervisordPid, () => this.#wakeSupervisord());
  }

  /** Takes in an event. */
  onEvent(event: ProcessStateEvent): void {
    const loss = lossOf(event);
    if (loss !== undefined) this.#engine.losses.report(loss);
  }

  /**
   * Looks for what went without an event: some were dropped, or supervisord sends us no more because we are being stopped
   * together with the rest (`supervisorctl stop all`). Never rejects.
   */
  async lookForLosses(): Promise<void> {
    try {
      const ask = (signal: AbortSignal) => this.#engine.world.refresh(signal);
      await withTimeout(askLimitMs, undefined, () => new Error('supervisord did not answer'), ask);
    } catch (error) {
      this.#log.debug(`what went could not be looked for: ${toDrainctlError(error).message}`);
    }
  }

  /** Ends the watch over supervisord's children. */
  stop(): void {
    this.#watch.stop();
  }

  /** The answer does not matter: being asked, it sends the event that it has. */
  #wakeSupervisord(): void {
    const ask = (signal: AbortSignal) => this.#engine.world.supervisor.getState(signal);
    withTimeout(askLimitMs, undefined, () => new Error('supervisord did not answer'), ask).catch((error: unknown) => {
      this.#log.debug(`supervisord could not be woken: ${toDrainctlError(error).message}`);
    });
  }
}

import type { Engine } from '../../drain/engine.ts';
import { toDrainctlError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { supervisorFault } from '../../supervisor/faults.ts';
import { splitNamespec } from '../../supervisor/names.ts';
import type { ProcessInfo } from '../../supervisor/process.ts';
import { isAlive } from '../../supervisor/process.ts';
import { type FrontAnswer, type FrontMethod, passOn } from './answer.ts';
import { nameAndWait, onlyWait } from './arguments.ts';
import type { Stops } from './stop.ts';

/**
 * supervisord's three starts. supervisord carries them out; but where the client waits, it has its answer only when
 * what was started, and was out of its pools by our hand, is back in them, or was not ready in time. So a client that
 * restarts one process after the other never has two of them out. While a shutdown is under way they are refused, as
 * supervisord refuses them while it shuts down.
 */
export class Starts {
  readonly #engine: Engine;
  readonly #stops: Stops;
  readonly #log: Log;

  constructor(engine: Engine, stops: Stops, log: Log) {
    this.#engine = engine;
    this.#stops = stops;
    this.#log = log;
  }

  readonly startProcess: FrontMethod = async (params, { signal }) => {
    const given = nameAndWait(params);
    if (given === undefined) return passOn;
    const { group, process } = splitNamespec(given.name);
    return this.#start(given.wait, signal, (info) => info.group === group && (process ?? info.name) === info.name);
  };

  readonly startProcessGroup: FrontMethod = async (params, { signal }) => {
    const given = nameAndWait(params);
    return given === undefined ? passOn : this.#start(given.wait, signal, (info) => info.group === given.name);
  };

  readonly startAllProcesses: FrontMethod = async (params, { signal }) => {
    const given = onlyWait(params);
    return given === undefined ? passOn : this.#start(given.wait, signal, () => true);
  };

  async #start(wait: boolean, signal: AbortSignal, isMeant: (info: ProcessInfo) => boolean): Promise<FrontAnswer> {
    await this.#stops.ended(isMeant, signal);
    // It would be stopped again in a moment, by supervisord itself: undrained.
    if (this.#engine.endsSupervisord) throw supervisorFault('SHUTDOWN_STATE');
    return wait ? { kind: 'pass on', beforeAnswer: (signal) => this.#putBack(isMeant, signal) } : passOn;
  }

  /** The run goes on where the client goes away; what comes of it is in the log, for supervisord's answer is about the start. */
  async #putBack(isMeant: (info: ProcessInfo) => boolean, signal: AbortSignal): Promise<void> {
    try {
      const leftOut = new Set(await this.#engine.leftOut());
      if (leftOut.size === 0) return;
      const { infos } = await this.#engine.world.refresh(signal);
      const started = infos.filter((info) => isMeant(info) && isAlive(info.state) && leftOut.has(info.fullName));
      if (started.length === 0) return;
      const names = started.map((info) => info.fullName);
      await this.#engine.run(await this.#engine.start('start', names, {})).ended(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#log.warn(`what was started could not be put back at once: ${toDrainctlError(error).message}`);
    }
  }
}

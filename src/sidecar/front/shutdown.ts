import type { Engine } from '../../drain/engine.ts';
import { type Run, RunEnded } from '../../drain/run.ts';
import { isDrainctlError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { supervisorFault } from '../../supervisor/faults.ts';
import { answerWith, type FrontMethod, passOn } from './answer.ts';

/**
 * supervisord's `shutdown` and `restart` (`supervisorctl reload`), drained. As supervisord's they answer at once; a
 * shutdown run then drains and stops everything, and tells supervisord at its end. A supervisord that is stopping
 * already says so itself.
 */
export class Shutdowns {
  readonly #engine: Engine;
  readonly #log: Log;

  constructor(engine: Engine, log: Log) {
    this.#engine = engine;
    this.#log = log;
  }

  readonly shutdown: FrontMethod = (params) => this.#end(params.length, false);

  readonly restart: FrontMethod = (params) => this.#end(params.length, true);

  async #end(paramCount: number, restartSupervisord: boolean) {
    if (paramCount > 0 || !(await this.#isRunning())) return passOn;
    if (this.#engine.endsSupervisord) throw supervisorFault('SHUTDOWN_STATE');
    const run = this.#engine.run(await this.#engine.start('shutdown', [], { restartSupervisord }));
    void this.#tell(run, restartSupervisord ? 'restarted' : 'shut down');
    return answerWith(true);
  }

  /** False where it is stopping, or does not answer: both it tells the client itself. */
  async #isRunning(): Promise<boolean> {
    try {
      return (await this.#engine.world.supervisor.getState()) === 'RUNNING';
    } catch (error) {
      if (isDrainctlError(error)) return false;
      throw error;
    }
  }

  /** The client has its answer and is gone: only the log can tell that nothing came of it. */
  async #tell(run: Run, what: string): Promise<void> {
    const { ends_supervisord: ends, message, hint } = await run.ended(new AbortController().signal);
    const { reason } = run.signal;
    if (ends || (reason instanceof RunEnded && reason.reason !== 'cancelled')) return;
    this.#log.error(`supervisord is not ${what}, and goes on running: ${message} ${hint}`.trimEnd(), { run: run.id });
  }
}

import { DrainctlError } from '../errors.ts';
import type { Run } from './run.ts';

/** How many ended runs can still be asked for. */
const rememberedRuns = 50;

/** The runs that can be asked for by their id: all that have not ended, and those that ended lately. */
export class KnownRuns {
  readonly #runs = new Map<string, Run>();

  /** From now on it can be asked for; the oldest that has ended may be forgotten for it. */
  add(run: Run): void {
    this.#runs.set(run.id, run);
    const [oldest, ...later] = [...this.#runs.values()].filter((candidate) => candidate.result !== undefined);
    if (oldest !== undefined && later.length >= rememberedRuns) this.#runs.delete(oldest.id);
  }

  /** The run of that id. Throws `RUN_NOT_FOUND`. */
  get(runId: string): Run {
    const run = this.#runs.get(runId);
    if (run !== undefined) return run;
    throw new DrainctlError('RUN_NOT_FOUND', `There is no run ${runId}.`, {
      hint: 'It may have ended before the sidecar was restarted; see "drainctl history".',
    });
  }

  /** Resolves when whoever follows a run has its result, or after `limitMs`. */
  async resultsTaken(limitMs: number): Promise<void> {
    await Promise.all([...this.#runs.values()].map((run) => run.taken(limitMs)));
  }
}

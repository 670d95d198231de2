import type { ProcessName } from '../supervisor/process.ts';
import { monotonicMs } from '../time.ts';

/** supervisord may tell of a stop long after it was made: while it shuts down it sends events seconds late. */
const rememberedMs = 600_000;

interface OwnStop {
  readonly pid: number;
  readonly atMs: number;
}

/** The stops that runs of this process have asked for, so that one by somebody else can be told from them. */
export class OwnStops {
  readonly #stops = new Map<ProcessName, readonly OwnStop[]>();

  /** Call it right before the stop is asked for. `pid` 0: not known. */
  add(process: ProcessName, pid: number): void {
    this.#stops.set(process, [...this.#recent(process), { pid, atMs: monotonicMs() }]);
  }

  /** True where the stop of this very process was ours, or may have been: a pid that is not known fits any. */
  has(process: ProcessName, pid: number | undefined): boolean {
    return this.#recent(process).some((stop) => stop.pid === 0 || pid === undefined || stop.pid === pid);
  }

  #recent(process: ProcessName): readonly OwnStop[] {
    const sinceMs = monotonicMs() - rememberedMs;
    return (this.#stops.get(process) ?? []).filter((stop) => stop.atMs > sinceMs);
  }
}

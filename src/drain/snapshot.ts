import type { ProcessConfig, ProcessInfo, ProcessName } from '../supervisor/process.ts';

/** All processes at one moment. */
export interface Snapshot {
  readonly infos: readonly ProcessInfo[];
  readonly configs: ReadonlyMap<ProcessName, ProcessConfig>;
  /** Those among `infos` that supervisord no longer has, and the journal does. */
  readonly gone?: ReadonlySet<ProcessName>;
}

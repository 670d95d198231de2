import type { ProcessConfig, ProcessInfo, ProcessName } from '../supervisor/process.ts';

/** All processes at one moment. */
export interface Snapshot {
  readonly infos: readonly ProcessInfo[];
  readonly configs: ReadonlyMap<ProcessName, ProcessConfig>;
}

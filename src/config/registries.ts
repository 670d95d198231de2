import type { PoolDriver } from '../pools/pool.ts';
import type { ProbeDriver } from '../probes/probe.ts';
import type { StepDriver } from '../steps/step.ts';

/** The drivers that a configuration can name. */
export interface Registries {
  readonly pools: ReadonlyMap<string, PoolDriver>;
  readonly probes: ReadonlyMap<string, ProbeDriver>;
  readonly steps: ReadonlyMap<string, StepDriver>;
}

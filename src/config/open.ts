import { hostname } from 'node:os';
import type { Json } from '../pools/pool.ts';
import type { Probe, ProbeSubject } from '../probes/probe.ts';
import { createReadyCheck, type ReadyCheck } from '../probes/ready.ts';
import { expansionValues } from '../supervisor/expansions.ts';
import type { Config, ProgramConfig } from './config.ts';
import { resolveMember, resolveProbe, resolveReady } from './resolve.ts';

/** What one process's entry in the configuration comes to. */
export interface OpenedProgram {
  readonly members: readonly {
    readonly pool: string;
    readonly label: string;
    /** What the pool's driver takes as a member; plain JSON, so that the journal can hold it. */
    readonly member: { readonly [key: string]: Json };
  }[];
  /** Undefined: what the pools count. */
  readonly probes: readonly Probe[] | undefined;
  readonly ready: ReadyCheck | undefined;
}

/** Expands a program's entry for one process and opens its probes. Throws `CONFIG_INVALID` where it does not fit this process. */
export function openProgram(
  config: Config,
  program: ProgramConfig,
  process: { readonly group: string; readonly name: string },
  subject: ProbeSubject,
): OpenedProgram {
  const values = expansionValues(process, globalThis.process.env, hostname());
  const ready = resolveReady(config, program, values);
  return {
    members: program.members.map((template) => {
      const { pool, label, options } = resolveMember(config, program, template, values);
      // as: a driver's member schema has been checked to hold JSON values only
      return { pool: pool.name, label, member: options as { readonly [key: string]: Json } };
    }),
    probes: program.inFlight?.map((template) => {
      const { driver, options } = resolveProbe(config, program, template, values);
      return driver.open(options, subject);
    }),
    ready: ready && createReadyCheck(ready),
  };
}

import { hostname } from 'node:os';
import type { Json } from '../pools/pool.ts';
import type { Probe, ProbeSubject } from '../probes/probe.ts';
import { createReadyCheck, type ReadyCheck } from '../probes/ready.ts';
import type { Step, StepMoment, StepServices } from '../steps/step.ts';
import { expansionValues } from '../supervisor/expansions.ts';
import type { Config, OnFailure, ProgramConfig } from './config.ts';
import { resolveMember, resolveProbe, resolveReady, resolveSteps } from './resolve.ts';

/** A step of a process, and what happens when it was not done. */
export interface OpenedStep {
  readonly step: Step;
  readonly onFailure: OnFailure;
}

/** What is to be done to a process before it is stopped, in order. */
export type OpenedSteps = Readonly<Record<StepMoment, readonly OpenedStep[]>>;

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
  readonly steps: OpenedSteps;
  readonly ready: ReadyCheck | undefined;
}

/** Expands a program's entry for one process and opens its probes and steps. Throws `CONFIG_INVALID` where it does not fit this process. */
export function openProgram(
  config: Config,
  program: ProgramConfig,
  process: { readonly group: string; readonly name: string },
  subject: ProbeSubject,
  services: StepServices,
): OpenedProgram {
  const values = expansionValues(process, globalThis.process.env, hostname());
  const ready = resolveReady(config, program, values);
  const steps = (moment: StepMoment) =>
    resolveSteps(config, program, moment, values).map(({ driver, options, onFailure }) => ({
      step: driver.open(options, services),
      onFailure,
    }));
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
    steps: { before_stop: steps('before_stop'), after_drain: steps('after_drain') },
    ready: ready && createReadyCheck(ready),
  };
}

import { DrainctlError } from '../../../src/errors.ts';
import type { Probe } from '../../../src/probes/probe.ts';
import type { Script } from './script.ts';

/** A probe that measures what a test has set; undefined: it fails. */
export class ScriptedProbe implements Probe {
  readonly target = 'scripted probe';
  inFlight: number | undefined;
  /** Run before the measurement. */
  script: Script | undefined;

  constructor(inFlight: number | undefined) {
    this.inFlight = inFlight;
  }

  async measure(signal: AbortSignal): Promise<number> {
    await this.script?.(this.target, signal);
    if (this.inFlight === undefined) throw new DrainctlError('PROBE_FAILED', 'the scripted probe does not know');
    return this.inFlight;
  }
}

import type { ProcessRun } from './process-run.ts';

/**
 * For a process that its steps had end by itself, with exit status 0: it has finished what it had in flight, so that nothing
 * of it is cut off, whatever was seen last.
 */
export function noteEndedWell(process: ProcessRun): void {
  process.mayCut = false;
  if (process.latest !== undefined) process.latest = { ...process.latest, inFlight: 0 };
  process.say('info', 'has ended well, as its steps asked');
}

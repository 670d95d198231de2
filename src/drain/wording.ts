import type { Occasion, Phase, ProcessProgress } from './api.ts';

/** `7 s`, `0.4 s`, `2 min 5 s`: as people say it. */
export function sayDuration(ms: number): string {
  if (ms < 1_000) return `${(Math.round(ms / 100) / 10).toString()} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)} min${rest === 0 ? '' : ` ${rest} s`}`;
}

/** `3 in flight`, or `in flight unknown`. */
export function sayInFlight(inFlight: number | undefined): string {
  return inFlight === undefined || inFlight < 0 ? 'in flight unknown' : `${inFlight} in flight`;
}

/** Text to go on from within a sentence: without the full stop that it may end with. */
export function asClause(text: string): string {
  return text.replace(/\.$/, '');
}

/** `1 request or job`, `an unknown amount of work`. */
export function sayCut(cut: number): string {
  if (cut < 0) return 'an unknown amount of work';
  return cut === 1 ? '1 request or job' : `${cut} requests or jobs`;
}

/** `1 process`, `4 processes`. */
export function sayProcesses(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

const phaseWords: Readonly<Record<Phase, string>> = {
  acquire: 'waiting until enough others are available',
  depool: 'depooling',
  settle: 'settling',
  before_stop: 'doing its before_stop steps',
  drain: 'draining',
  after_drain: 'doing its after_drain steps',
  stop: 'stopping',
  start: 'starting',
  ready: 'waiting until ready',
  repool: 'repooling',
  hold: 'being put on hold',
  release: 'being released',
};

/** What a phase is called while it goes on: `draining`; `waiting` before the first. */
export function sayPhase(phase: Phase | ''): string {
  return phase === '' ? 'waiting' : phaseWords[phase];
}

/** What the occasion of a run means for its processes, as a sentence to add; '' where there is nothing to say. */
export function sayOccasion(occasion: Occasion | undefined): string {
  if (occasion !== 'service restart') return '';
  return ' Service restart: the processes go back into their pools when they run again and are ready.';
}

/**
 * What a process is doing: `draining: 3 in flight, 4 s of 30 s`, `doing its before_stop steps (1 of 2: pause 5s): 3 s`. A
 * sidecar of an earlier version does not tell of parts.
 */
export function sayProgress(progress: Omit<ProcessProgress, 'doing'> & Partial<ProcessProgress>): string {
  const limit = progress.deadline_ms < 0 ? '' : ` of ${sayDuration(progress.deadline_ms)}`;
  const counts = progress.phase === 'depool' || progress.phase === 'drain' || progress.phase === 'stop';
  const inFlight = counts ? `${sayInFlight(progress.in_flight)}, ` : '';
  const part = (progress.doing ?? '') === '' ? '' : ` (${progress.doing})`;
  return `${sayPhase(progress.phase)}${part}: ${inFlight}${sayDuration(progress.elapsed_ms)}${limit}`;
}

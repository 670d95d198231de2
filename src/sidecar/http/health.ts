import type { ProcessProgress, RunAction } from '../../drain/api.ts';
import type { JournalContent } from '../../drain/journal-file.ts';
import { mustGoOn } from '../../drain/policy.ts';
import type { EngineView } from '../../drain/view.ts';
import { sayDuration, sayProgress } from '../../drain/wording.ts';
import type { ProcessInfo, ProcessState } from '../../supervisor/process.ts';

/**
 * Whether to send work.
 *
 * - `up`: yes.
 * - `draining`: no more; what is in flight is still worked on.
 * - `down`: no; it does not work.
 */
export type HealthState = 'up' | 'draining' | 'down';

/** A health, and why it is so, in words. */
export interface Health {
  readonly state: HealthState;
  readonly why: string;
}

/** Whether supervisord answers; `stopping`: it does, but takes no more calls; `unknown`: it was not asked yet. */
export type Contact = 'answers' | 'stopping' | 'silent' | 'unknown';

/** With each tick, every 5 s, supervisord is asked what it runs; after three without an answer it is taken to hang. */
const silentAfterMs = 15_000;

/** Whether supervisord answers, as far as is known at `nowMs` of the monotonic clock. */
export function contactOf(view: EngineView, nowMs: number): Contact {
  const { answeredAtMs, error } = view.contact;
  if (holdsGate(view) || error?.code === 'SUPERVISOR_SHUTTING_DOWN') return 'stopping';
  if (error !== undefined) return 'silent';
  if (answeredAtMs === undefined) return 'unknown';
  return nowMs - answeredAtMs > silentAfterMs ? 'silent' : 'answers';
}

/** The health of the whole: of the sidecar, which answers, and of supervisord. */
export function overallHealth(view: EngineView, nowMs: number): Health {
  const contact = contactOf(view, nowMs);
  if (contact === 'stopping') return { state: 'draining', why: 'supervisord is stopping' };
  if (view.runs.some(({ action }) => action === 'shutdown'))
    return { state: 'draining', why: 'a shutdown is under way' };
  if (contact === 'answers') return { state: 'up', why: 'supervisord answers' };
  return { state: 'down', why: contact === 'unknown' ? 'supervisord was not asked yet' : silence(view, nowMs) };
}

function holdsGate({ supervisordStops, runs }: EngineView): boolean {
  return supervisordStops || runs.some(({ action }) => action === 'gate');
}

function silence({ contact: { answeredAtMs, error } }: EngineView, nowMs: number): string {
  return error?.message ?? `supervisord has not answered for ${sayDuration(nowMs - (answeredAtMs ?? nowMs))}`;
}

/** What is known of one process beside its state in supervisord. */
export interface ProcessFacts {
  /** Undefined: not read yet. */
  readonly journal: JournalContent | undefined;
  /** Where it stands in the runs that are under way and that it is in. */
  readonly progress: readonly RunProgress[];
  /** See {@link EngineView.supervisordStops}. */
  readonly supervisordStops: boolean;
}

/** Where a process stands in a run. */
export interface RunProgress {
  readonly action: RunAction;
  readonly process: ProcessProgress;
}

/**
 * The health of one process: `up` where supervisord says RUNNING and drainctl neither takes it out nor keeps it out.
 *
 * While it is being put back it is `up`: where a load balancer's own check asks for this health, it sees the process
 * work again only so, and that is what the repool waits for.
 */
export function processHealth(
  info: Pick<ProcessInfo, 'fullName' | 'state' | 'description'>,
  facts: ProcessFacts,
): Health {
  const { state } = info;
  if (state === 'STOPPING') return { state: 'draining', why: 'supervisord says STOPPING' };
  if (state !== 'RUNNING') return { state: 'down', why: `supervisord says ${stateText(state, info.description)}` };
  for (const one of facts.progress) {
    const health = healthInRun(one);
    if (health !== undefined) return health;
  }
  if (facts.progress.some(({ process }) => process.phase === 'repool' && process.outcome === '')) return up;
  if (facts.supervisordStops) return { state: 'draining', why: 'supervisord is stopping' };
  if (facts.journal === undefined) return { state: 'down', why: 'the journal was not read yet' };
  return healthInJournal(info.fullName, facts.journal) ?? up;
}

const up: Health = { state: 'up', why: 'supervisord says RUNNING' };

function stateText(state: ProcessState, description: string): string {
  return description === '' ? state : `${state} (${description})`;
}

/** Undefined where the run has nothing to say of it: it is not yet its turn, it is put back, or the run is done with it. */
function healthInRun({ action, process }: RunProgress): Health | undefined {
  const { phase, outcome } = process;
  if (outcome === '' && (phase === '' || phase === 'acquire' || phase === 'repool')) return undefined;
  if (outcome === 'skipped') return undefined;
  // A shutdown or the gate is never done with a process: it is stopped next.
  if (outcome !== '')
    return isEnding(action) ? { state: 'draining', why: `${action}: done, it is stopped next` } : undefined;
  const why = `${action}: ${sayProgress(process)}`;
  // Another process than the one that was drained: it has no work yet.
  const isNew = (phase === 'start' || phase === 'ready') && (action === 'start' || action === 'restart');
  return { state: isNew ? 'down' : 'draining', why };
}

function isEnding(action: RunAction): boolean {
  return mustGoOn(action) && action !== 'depool';
}

function healthInJournal(name: string, journal: JournalContent): Health | undefined {
  const hold = journal.holds.find(({ process }) => process === name);
  if (hold !== undefined) return { state: 'draining', why: `on hold: ${hold.reason}` };
  const isOut = journal.entries.some(({ process }) => process === name);
  return isOut ? { state: 'draining', why: 'taken out by drainctl; goes back when it is ready' } : undefined;
}

/** The health of a group: `up` while one of its processes is, else `draining` while one is, else `down`. */
export function groupHealth(processes: readonly (Health & { readonly name: string })[]): Health {
  const count = (state: HealthState) => processes.filter((process) => process.state === state).length;
  const state = (['up', 'draining'] as const).find((candidate) => count(candidate) > 0) ?? 'down';
  const counts = (['up', 'draining', 'down'] as const).map((each) => `${count(each)} ${each}`).join(', ');
  const example = state === 'up' ? undefined : processes.find((process) => process.state === state);
  return { state, why: example === undefined ? counts : `${counts}; ${example.name}: ${example.why}` };
}

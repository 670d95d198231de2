import type { Step, StepMoment } from '../steps/step.ts';
import type { PlanDocument, PlannedProcess, PlannedStep, RunAction, RunOptions } from './api.ts';
import { mustGoOn, pipelines } from './policy.ts';
import { countedBy, describeMember, type Target } from './target.ts';

/** The processes of one group in a step; at most `atATime` of them are out at the same time. */
export interface Lane {
  readonly atATime: number;
  readonly targets: readonly Target[];
}

/** Lanes that are worked on side by side. */
export interface PlanStep {
  readonly title: string;
  readonly lanes: readonly Lane[];
}

/** The order of a run: one step after another. */
export type Plan = readonly PlanStep[];

const defaultStage = 1;

/**
 * Orders the targets. supervisord's own stop order: groups by descending priority, one after another; `stage` overrides
 * it, and all processes of one given stage form one step. A start goes the other way round. A restart takes
 * `max_unavailable` processes of a group at a time.
 */
export function makePlan(action: RunAction, targets: readonly Target[]): Plan {
  const ordered = [...targets].sort(stopOrder);
  const plan = [...groupBy(ordered, stepTitle)].map(([title, members]) => ({
    title,
    lanes: [...groupBy(members, (target) => target.info.group).values()].map((lane) => makeLane(action, lane)),
  }));
  return startsProcesses(action) && action !== 'restart' ? plan.reverse() : plan;
}

/** In the order of their first members. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function makeLane(action: RunAction, targets: readonly Target[]): Lane {
  const maxUnavailable = Math.min(...targets.map((target) => target.settings.maxUnavailable));
  return { atATime: action === 'restart' ? maxUnavailable : Number.POSITIVE_INFINITY, targets };
}

function startsProcesses(action: RunAction): boolean {
  return pipelines[action].includes('start');
}

function stepTitle(target: Target): string {
  const { stage } = target.settings;
  return stage === undefined ? `group ${target.config.group}` : `stage ${stage}`;
}

/** Stage, then given stages before groups, then supervisord's order; groups of one priority by name, so that it is the same each time. */
function stopOrder(a: Target, b: Target): number {
  return (
    (a.settings.stage ?? defaultStage) - (b.settings.stage ?? defaultStage) ||
    Number(a.settings.stage === undefined) - Number(b.settings.stage === undefined) ||
    b.config.groupPriority - a.config.groupPriority ||
    compareText(a.config.group, b.config.group) ||
    b.config.processPriority - a.config.processPriority ||
    compareText(a.config.name, b.config.name)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** What is said of the capacity for each process, by its name. */
type Available = ReadonlyMap<string, readonly string[]>;

interface PlanOptions extends Pick<RunOptions, 'deadlineMs' | 'force'> {
  readonly available: Available;
}

/** The plan as people and programs see it, with the longest that it can take. `available`: what is available now. */
export function planDocument(
  action: RunAction,
  plan: Plan,
  { deadlineMs, force }: Pick<RunOptions, 'deadlineMs' | 'force'>,
  available: Available = new Map(),
): PlanDocument {
  const steps = plan.map((step) => plannedStep(action, step, { deadlineMs, force, available }));
  return { action, worst_case_ms: steps.reduce((sum, step) => sum + step.worst_case_ms, 0), steps };
}

function plannedStep(action: RunAction, step: PlanStep, options: PlanOptions): PlannedStep {
  const lanes = step.lanes.map((lane) => ({
    ...lane,
    processes: lane.targets.map((target) => plannedProcess(action, target, options)),
  }));
  return {
    title: step.title,
    at_a_time: lanes.reduce((sum, lane) => sum + Math.min(lane.atATime, lane.processes.length), 0),
    worst_case_ms: stepWorstCaseMs(action, lanes),
    processes: lanes.flatMap((lane) => lane.processes),
  };
}

/**
 * Side by side the longest counts; but processes are stopped one at a time, so their stops add up, and so do their waits
 * for capacity, except in a shutdown, which waits once. Of a group that a restart takes N at a time it is at worst the
 * longest of its processes once for every N of them.
 */
function stepWorstCaseMs(
  action: RunAction,
  lanes: readonly (Lane & { readonly processes: readonly PlannedProcess[] })[],
): number {
  const stopMs = (target: Target) => (pipelines[action].includes('stop') ? target.config.stopWaitSecs * 1_000 : 0);
  const stopsMs = lanes.flatMap((lane) => lane.targets).reduce((sum, target) => sum + stopMs(target), 0);
  const waitsMs = lanes.flatMap((lane) => lane.processes).map((process) => process.capacity_wait_ms);
  const waitMs = mustGoOn(action) ? Math.max(0, ...waitsMs) : waitsMs.reduce((sum, ms) => sum + ms, 0);
  const restMs = lanes.map((lane) => {
    const turns = Math.ceil(lane.processes.length / Math.min(lane.atATime, lane.processes.length));
    const longest = lane.processes.map(
      (process, index) => process.worst_case_ms - process.capacity_wait_ms - stopMs(lane.targets[index] as Target),
    ); // as: one process for each target
    return turns * Math.max(0, ...longest);
  });
  return waitMs + Math.max(0, ...restMs) + stopsMs;
}

function plannedProcess(action: RunAction, target: Target, options: PlanOptions): PlannedProcess {
  const drainMs = options.deadlineMs ?? target.settings.deadlineMs;
  const capacityWaitMs = options.force === true ? 0 : capacityWaitOf(action, target);
  const steps = stepsOf(action, target);
  const longestMs = (of: StepMoment) =>
    steps.filter(({ moment }) => moment === of).reduce((sum, { step }) => sum + step.longestMs, 0);
  const worst: Partial<Record<string, number>> = {
    acquire: capacityWaitMs,
    drain: isDrainedByUs(target) ? drainMs : 0,
    before_stop: longestMs('before_stop'),
    after_drain: longestMs('after_drain'),
    stop: target.config.stopWaitSecs * 1_000,
    ready: target.settings.readyDeadlineMs,
    // Until the pool's own check finds it up.
    repool: target.members.length > 0 ? target.settings.readyDeadlineMs : 0,
  };
  return {
    name: target.info.fullName,
    state: target.info.state,
    members: target.members.map(describeMember),
    in_flight_by: countedBy(target),
    steps: stepsOf(action, target).map(({ moment, step }) => `${moment}: ${step.target}`),
    deadline_ms: drainMs,
    on_deadline: target.settings.onDeadline,
    capacity: options.available.get(target.info.fullName) ?? [],
    capacity_wait_ms: capacityWaitMs,
    worst_case_ms: pipelines[action].reduce((sum, phase) => sum + (worst[phase] ?? 0), 0),
  };
}

/** A gate does not wait for capacity. */
function capacityWaitOf(action: RunAction, target: Target): number {
  if (!pipelines[action].includes('acquire') || action === 'gate') return 0;
  return Math.max(0, ...target.members.map(({ at }) => at.capacity?.rule.waitMs ?? 0));
}

/** What is done to the process before its stop, in order. */
function stepsOf(
  action: RunAction,
  { steps }: Target,
): readonly { readonly moment: StepMoment; readonly step: Step }[] {
  const moments = (['before_stop', 'after_drain'] as const).filter((moment) => pipelines[action].includes(moment));
  return moments.flatMap((moment) => (steps?.[moment] ?? []).map(({ step }) => ({ moment, step })));
}

/** A process with no entry in the configuration is stopped in its turn, undrained. */
function isDrainedByUs(target: Target): boolean {
  return target.members.length > 0 || target.probes !== undefined;
}

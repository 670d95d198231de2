import type { PlanDocument, PlannedProcess, PlannedStep, RunAction } from './api.ts';
import { pipelines } from './policy.ts';
import { countedBy, describeMember, type Target } from './target.ts';

/** Processes that are worked on side by side, at most `atATime` of them. */
export interface PlanStep {
  readonly title: string;
  readonly atATime: number;
  readonly targets: readonly Target[];
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
  const steps = new Map<string, Target[]>();
  for (const target of [...targets].sort(stopOrder)) {
    const title = stepTitle(target);
    steps.set(title, [...(steps.get(title) ?? []), target]);
  }
  const plan = [...steps].map(([title, members]) => ({ title, atATime: atATime(action, members), targets: members }));
  return startsProcesses(action) && action !== 'restart' ? plan.reverse() : plan;
}

function startsProcesses(action: RunAction): boolean {
  return pipelines[action].includes('start');
}

function stepTitle(target: Target): string {
  const { stage } = target.settings;
  return stage === undefined ? `group ${target.config.group}` : `stage ${stage}`;
}

function atATime(action: RunAction, targets: readonly Target[]): number {
  if (action !== 'restart') return Number.POSITIVE_INFINITY;
  return Math.min(...targets.map((target) => target.settings.maxUnavailable));
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

/** The plan as people and programs see it, with the longest that it can take. */
export function planDocument(action: RunAction, plan: Plan, deadlineMs: number | undefined): PlanDocument {
  const steps = plan.map((step) => plannedStep(action, step, deadlineMs));
  return { action, worst_case_ms: steps.reduce((sum, step) => sum + step.worst_case_ms, 0), steps };
}

function plannedStep(action: RunAction, step: PlanStep, deadlineMs: number | undefined): PlannedStep {
  const processes = step.targets.map((target) => plannedProcess(action, target, deadlineMs));
  const together = Math.min(step.atATime, processes.length);
  return { title: step.title, at_a_time: together, worst_case_ms: stepWorstCaseMs(action, step, processes), processes };
}

/**
 * Side by side the longest counts; but processes are stopped one at a time, so their stops add up. A restart that
 * takes N at a time is at worst the sum over its processes divided by N, rounded up to whole turns.
 */
function stepWorstCaseMs(action: RunAction, step: PlanStep, processes: readonly PlannedProcess[]): number {
  const longest = Math.max(0, ...processes.map((process) => process.worst_case_ms));
  if (Number.isFinite(step.atATime)) return Math.ceil(processes.length / step.atATime) * longest;
  if (!pipelines[action].includes('stop')) return longest;
  const stops = step.targets.map((target) => target.config.stopWaitSecs * 1_000);
  const drains = processes.map((process, index) => process.worst_case_ms - (stops[index] ?? 0));
  return Math.max(0, ...drains) + stops.reduce((sum, ms) => sum + ms, 0);
}

function plannedProcess(action: RunAction, target: Target, deadlineMs: number | undefined): PlannedProcess {
  const drainMs = deadlineMs ?? target.settings.deadlineMs;
  const worst: Partial<Record<string, number>> = {
    drain: isDrainedByUs(target) ? drainMs : 0,
    stop: target.config.stopWaitSecs * 1_000,
    ready: target.settings.readyDeadlineMs,
  };
  return {
    name: target.info.fullName,
    state: target.info.state,
    members: target.members.map(describeMember),
    in_flight_by: countedBy(target),
    deadline_ms: drainMs,
    on_deadline: target.settings.onDeadline,
    worst_case_ms: pipelines[action].reduce((sum, phase) => sum + (worst[phase] ?? 0), 0),
  };
}

/** A process with no entry in the configuration is stopped in its turn, undrained. */
function isDrainedByUs(target: Target): boolean {
  return target.members.length > 0 || target.probes !== undefined;
}

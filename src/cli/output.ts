import type { PlanDocument, PlannedProcess, PlannedStep, ProcessStatus, StatusDocument } from '../drain/api.ts';
import { sayDuration, sayProcesses } from '../drain/wording.ts';
import { type DrainctlError, sentence } from '../errors.ts';
import type { TextOutput } from './command.ts';
import { printable, printableLines, printTable } from './table.ts';

/** The one document of `--json`. */
export function printJson(output: TextOutput, document: unknown): void {
  output.write(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** An error: for people on stderr with its hint; with `--json` as a document on stdout. */
export function printError(
  error: DrainctlError,
  streams: { readonly stdout: TextOutput; readonly stderr: TextOutput },
  json: boolean,
): void {
  if (json) {
    printJson(streams.stdout, { error });
    return;
  }
  streams.stderr.write(`drainctl: ${printableLines(sentence(error.message))}\n`, 'error');
  if (error.hint !== '') streams.stderr.write(`  ${printableLines(error.hint)}\n`, 'error');
}

const statusHeader = ['PROCESS', 'STATE', 'POOL', 'IN FLIGHT', 'SINCE', 'WHY'];

/** A row for each process; `nowMs` is the wall clock's, for how long ago. */
export function printStatus(output: TextOutput, document: StatusDocument, nowMs: number): void {
  printTable(
    output,
    statusHeader,
    document.processes.map((process) => [
      process.name,
      process.state,
      process.pool,
      inFlightCell(process),
      sinceCell(process.since, nowMs),
      process.why,
    ]),
  );
}

function inFlightCell(process: ProcessStatus): string {
  if (process.uncounted) return '-';
  return process.in_flight < 0 ? 'unknown' : String(process.in_flight);
}

function sinceCell(since: string, nowMs: number): string {
  return since === '' ? '-' : `${sayDuration(Math.max(0, nowMs - Date.parse(since)))} ago`;
}

/** The plan, step by step, and the longest that it can take. */
export function printPlan(output: TextOutput, plan: PlanDocument): void {
  for (const [index, step] of plan.steps.entries()) {
    const worst = `at worst ${sayDuration(step.worst_case_ms)}`;
    output.write(`${index + 1}. ${step.title}: ${sayCount(step)}, ${worst}\n`);
    for (const line of step.processes.flatMap(plannedLines)) output.write(`   ${printable(line)}\n`);
  }
  output.write(`${plan.action}: at worst ${sayDuration(plan.worst_case_ms)} in all\n`);
}

function sayCount(step: PlannedStep): string {
  const count = step.processes.length;
  if (count === 1) return sayProcesses(count);
  return `${sayProcesses(count)}, ${step.at_a_time < count ? `${step.at_a_time} at a time` : 'side by side'}`;
}

/** The process, and below it what its stop waits for or does beside. */
function plannedLines(process: PlannedProcess): string[] {
  return [plannedLine(process), ...[...capacityLines(process), ...stepLines(process)].map((line) => `  ${line}`)];
}

function plannedLine({ name, state, members, in_flight_by, deadline_ms, on_deadline }: PlannedProcess): string {
  if (members.length === 0 && in_flight_by.length === 0)
    return `${name} (${state}): in no pool, and nothing counts its work; stopped undrained`;
  const out = members.length === 0 ? 'in no pool' : `out of ${members.join(', ')}`;
  const by = in_flight_by.length === 0 ? 'nothing counts its work' : `work counted by ${in_flight_by.join(', ')}`;
  return `${name} (${state}): ${out}; ${by}; deadline ${sayDuration(deadline_ms)}, then ${on_deadline}`;
}

/** A sidecar of an earlier version does not tell of them. */
function stepLines({ steps = [] }: Partial<PlannedProcess>): readonly string[] {
  return steps;
}

/** A sidecar of an earlier version does not tell of it. */
function capacityLines({ capacity = [], capacity_wait_ms: waitMs }: Partial<PlannedProcess>): string[] {
  const wait = waitMs === undefined || waitMs === 0 ? 'not waited for' : `waited for up to ${sayDuration(waitMs)}`;
  return capacity.map((each) => `available now, ${wait}: ${each}`);
}

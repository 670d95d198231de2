import type { Phase, ProcessReport, RunDocument } from '../drain/api.ts';
import { sayCut, sayDuration, sayProcesses } from '../drain/wording.ts';
import type { TextOutput } from './command.ts';
import { alignColumns, printable } from './table.ts';

/** The phases in the order that a run has them; a run's table has a column for each that it came to. */
const phaseOrder: readonly Phase[] = [
  'release',
  'acquire',
  'depool',
  'settle',
  'before_stop',
  'drain',
  'after_drain',
  'hold',
  'stop',
  'start',
  'ready',
  'repool',
];

/** A shutdown skips every process that does not run: where these are more, they are counted, not listed. */
const mostSkippedToList = 10;

/** The past runs: what each was, and a table of what became of its processes, how long each phase took and what was cut off. */
export function printHistory(output: TextOutput, runs: readonly RunDocument[]): void {
  for (const run of runs) {
    output.write(`${printable(runLine(run))}\n`);
    const processes = listedOf(run);
    for (const line of alignColumns(tableOf({ ...run, processes }))) output.write(`  ${line}\n`);
    for (const text of textsOf({ ...run, processes })) output.write(`  ${printable(text)}\n`);
    const left = run.processes.length - processes.length;
    if (left > 0) output.write(`  ${sayProcesses(left)} were skipped: there was nothing to do; --json names them.\n`);
  }
}

function listedOf({ processes }: RunDocument): readonly ProcessReport[] {
  const others = processes.filter(({ outcome }) => outcome !== 'skipped');
  return processes.length - others.length > mostSkippedToList ? others : processes;
}

function runLine(run: RunDocument): string {
  const title = [run.action, ...run.names].join(' ');
  // A sidecar of an earlier version does not tell the occasion.
  const occasion = (run.occasion ?? '') === '' ? '' : ` (${run.occasion})`;
  const took = sayDuration(Math.max(0, Date.parse(run.ended_at) - Date.parse(run.started_at)));
  const cut = run.cut === 0 ? '' : `, ${sayCut(run.cut)} cut off`;
  const startedAt = run.started_at.replace(/\.\d+Z$/, 'Z');
  return `${startedAt} ${title}${occasion}: ${run.outcome}${codeOf(run)} in ${took}, ${sayProcesses(run.processes.length)}${cut} (run ${run.id})`;
}

/** Tells apart what has one outcome: a run that was killed from one that failed, too few others from a person's cancel. */
function codeOf({ error_code: code }: RunDocument): string {
  return code === '' || code === 'CANCELLED' ? '' : ` (${code})`;
}

function tableOf(run: RunDocument): string[][] {
  const columns = phaseOrder.filter((phase) => run.processes.some((report) => timeIn(report, phase) !== undefined));
  const stops = columns.includes('stop');
  // What was lost in a crash nobody counts, and what is put back loses nothing.
  const mayCut = stops || columns.includes('drain') || run.cut !== 0;
  const header = ['PROCESS', 'OUTCOME', ...columns.map((phase) => phase.toUpperCase())];
  const rows = run.processes.map((report) => [
    report.name,
    report.outcome,
    ...columns.map((phase) => timeCell(timeIn(report, phase))),
    ...(stops ? [atStopCell(report)] : []),
    ...(mayCut ? [cutCell(report)] : []),
  ]);
  return run.processes.length === 0
    ? []
    : [
        [...header, ...(stops ? ['AT THE STOP'] : []), ...(mayCut ? ['CUT OFF'] : [])],
        ...rows.map((row) => row.map(printable)),
      ];
}

/** In milliseconds, all its turns together; undefined where it did not come to that phase. */
function timeIn(report: ProcessReport, phase: Phase): number | undefined {
  const turns = report.phases.filter((turn) => turn.phase === phase);
  return turns.length === 0 ? undefined : turns.reduce((sum, turn) => sum + turn.ms, 0);
}

function timeCell(ms: number | undefined): string {
  if (ms === undefined) return '-';
  if (ms < 1_000) return `${ms} ms`;
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : sayDuration(ms);
}

/** What was in flight when its stop was asked for. */
function atStopCell(report: ProcessReport): string {
  if (timeIn(report, 'stop') === undefined) return '-';
  if (report.in_flight_at_stop >= 0) return `${report.in_flight_at_stop} in flight`;
  return report.counted ? 'unknown' : 'not counted';
}

function cutCell(report: ProcessReport): string {
  if (report.cut < 0) return 'unknown';
  return report.cut === 0 && !report.counted && timeIn(report, 'stop') !== undefined
    ? 'not counted'
    : String(report.cut);
}

/** What the table does not say: the state that a process was left in, and what failed of the run as a whole. */
function textsOf(run: RunDocument): string[] {
  const texts = run.processes.map((report) => report.message).filter((message) => message !== '');
  const isExplained = run.outcome !== 'failed' || run.processes.some((report) => report.outcome === 'failed');
  return isExplained ? texts : [...texts, run.message];
}

import type { ProcessReport, RunDocument, RunOutcome } from './api.ts';
import { sayCut } from './wording.ts';

/** From the worst to the best; the worst of the processes is the run's. */
const ranking = ['failed', 'cut', 'held', 'cancelled'] as const satisfies readonly RunOutcome[];

/** How a run ended, from how its processes did. One that never got to some of them was ended before. */
export function outcomeOf(reports: readonly ProcessReport[]): RunOutcome {
  const worst = ranking.find((outcome) => reports.some((report) => report.outcome === outcome));
  return worst ?? (reports.some((report) => report.outcome === 'untouched') ? 'cancelled' : 'done');
}

/** How much work was cut off in all; -1 where one of them is unknown. */
export function totalCut(reports: readonly ProcessReport[]): number {
  return reports.some((report) => report.cut < 0) ? -1 : reports.reduce((sum, report) => sum + report.cut, 0);
}

/** What happened and what state things are in, in one sentence or two. */
export function summaryOf(
  run: Pick<RunDocument, 'action' | 'outcome' | 'cut'>,
  reports: readonly ProcessReport[],
): string {
  const failed = reports.filter((report) => report.outcome === run.outcome && report.message !== '');
  const details = failed.map((report) => report.message).join(' ');
  const untouched = reports.filter((report) => report.outcome === 'untouched').map((report) => report.name);
  const rest = untouched.length === 0 ? '' : ` Not touched: ${untouched.join(', ')}.`;
  const count = reports.filter((report) => report.outcome === 'done' || report.outcome === 'cut').length;
  switch (run.outcome) {
    case 'done':
      return `${run.action} done: ${count} of ${reports.length} processes; nothing was cut off.`;
    case 'cut':
      return `${run.action} done, but a deadline passed: ${sayCut(run.cut)} cut off. ${details}`.trim();
    case 'held':
      return `${run.action} ended without stopping. ${details}${rest}`;
    case 'cancelled':
      return `${run.action} was cancelled. ${details}${rest}`;
    case 'failed':
      return `${run.action} failed. ${details}${rest}`;
  }
}

import type { ProcessReport, RunAction, RunDocument, RunOutcome } from './api.ts';
import { sayCut, sayProcesses } from './wording.ts';

/** From the worst to the best; the worst of the processes is the run's. */
const ranking = ['failed', 'held', 'cut', 'cancelled'] as const satisfies readonly RunOutcome[];

/** Of more processes than these only the first ones are named. */
const namedAtMost = 3;

/** How a run ended, from how its processes did. One that never got to some of them was ended before. */
export function outcomeOf(reports: readonly ProcessReport[]): RunOutcome {
  const worst = ranking.find((outcome) => reports.some((report) => report.outcome === outcome));
  return worst ?? (reports.some((report) => report.outcome === 'untouched') ? 'cancelled' : 'done');
}

/** The report that says why the run ended as it did; undefined where none of its processes does. */
export function causeOf(outcome: RunOutcome, reports: readonly ProcessReport[]): ProcessReport | undefined {
  const told = reports.filter((report) => report.error_code !== '');
  const because = told.find((report) => report.outcome === outcome);
  return because ?? (outcome === 'cancelled' ? told.find((report) => report.outcome === 'untouched') : undefined);
}

/** How much work was cut off in all; -1 where one of them is unknown. */
export function totalCut(reports: readonly ProcessReport[]): number {
  return reports.some((report) => report.cut < 0) ? -1 : reports.reduce((sum, report) => sum + report.cut, 0);
}

/** What happened and what state things are in, in one sentence or two. `endedBecause`: why it was ended from outside. */
export function summaryOf(
  run: Pick<RunDocument, 'action' | 'outcome' | 'cut'>,
  reports: readonly ProcessReport[],
  endedBecause = '',
): string {
  // Not only of those that failed: also what became of the others when the run ended because of them.
  const details = briefly(reports.filter(isTold));
  return [headline(run, reports, endedBecause), ...details, untouchedText(reports)]
    .filter((text) => text !== '')
    .join(' ');
}

/** Of those of which there is the same to tell only the first few. */
function briefly(reports: readonly ProcessReport[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const report of reports) {
    const messages = groups.get(sameness(report)) ?? [];
    groups.set(sameness(report), [...messages, report.message]);
  }
  return [...groups.values()].flatMap((messages) => {
    const left = messages.length - namedAtMost;
    return left <= 0 ? messages : [...messages.slice(0, namedAtMost), `Likewise ${left} more.`];
  });
}

/** Equal for reports that tell the same of different processes. The sum of what was cut off is told before. */
function sameness({ outcome, name, message }: ProcessReport): string {
  return outcome === 'cut' ? outcome : `${outcome} ${message.replaceAll(name, '')}`;
}

function isTold({ outcome, message, error_code: code }: ProcessReport): boolean {
  if (outcome === 'untouched') return code !== '';
  return ranking.some((told) => told === outcome) || (outcome === 'done' && message !== '');
}

function headline(
  run: Pick<RunDocument, 'action' | 'outcome' | 'cut'>,
  reports: readonly ProcessReport[],
  endedBecause: string,
): string {
  const { action, outcome, cut } = run;
  const count = reports.filter((report) => report.outcome === 'done').length;
  switch (outcome) {
    case 'done':
      if (count === 0) return `${action}: there was nothing to do.`;
      return `${action} done: ${count} of ${sayProcesses(reports.length)}${cutText(action, reports)}.`;
    case 'cut':
      return `${action} done, but work was cut off: ${sayCut(cut)}.`;
    case 'held':
      return `${action} ended without stopping.`;
    case 'cancelled':
      return `${action} was ended early${endedBecause === '' ? '' : `: ${endedBecause}`}.`;
    case 'failed':
      return `${action} failed.`;
  }
}

/** Only of what was counted can it be said that nothing was cut off. */
function cutText(action: RunAction, reports: readonly ProcessReport[]): string {
  const last = action === 'gate' ? 'drain' : 'stop';
  const stopped = reports.filter((report) => report.phases.some(({ phase }) => phase === last));
  const uncounted = stopped.filter((report) => !report.counted).map((report) => report.name);
  if (action === 'drain') return '; out of their pools and idle, on hold';
  if (stopped.length === 0) return '';
  if (uncounted.length === 0) return '; nothing was cut off';
  const names = uncounted.length > namedAtMost ? `${uncounted.length} of them` : uncounted.join(', ');
  return `; nothing that is counted was cut off, but nothing counts the work of ${names}`;
}

function untouchedText(reports: readonly ProcessReport[]): string {
  const names = reports.filter((report) => report.outcome === 'untouched').map((report) => report.name);
  return names.length === 0 ? '' : `Not touched: ${names.join(', ')}.`;
}

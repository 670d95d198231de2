import type { ProcessReport, RunDocument } from './api.ts';
import type { JournalContent } from './journal-file.ts';
import { lives, type RunRecord } from './run-files.ts';
import { sayPhase } from './wording.ts';
import type { Workshop } from './workshop.ts';

/** A shutdown that nobody has gone on with for longer is somebody's decision by now. */
const finishedWithinMs = 60_000;

/** True for a shutdown for whose result nobody waits, while its supervisord still runs: the next sidecar finishes it. */
export function isUnfinishedShutdown({ action, isFollowed, parent, at }: RunRecord, nowMs: number): boolean {
  return action === 'shutdown' && !isFollowed && lives(parent) && nowMs - Date.parse(at) < finishedWithinMs;
}

/**
 * Takes the runs whose drainctl was killed into the history, and resolves with them. Those that are to stay (`stays`) are left
 * where they are, by default what the next sidecar has to finish. Call it with the lock: nobody else does the same then.
 */
export async function takeInInterrupted(
  { runFiles, history, journal, log }: Pick<Workshop, 'runFiles' | 'history' | 'journal' | 'log'>,
  stays: (record: RunRecord) => boolean = (record) => isUnfinishedShutdown(record, Date.now()),
): Promise<readonly RunRecord[]> {
  const records = await runFiles.left();
  const toTakeIn = records.filter((record) => !stays(record));
  if (toTakeIn.length === 0) return records;
  const content = await journal.peek();
  // One that was killed once the history had it has ended as that says.
  const ended = new Set((await history.latest(Number.POSITIVE_INFINITY)).map(({ id }) => id));
  for (const record of toTakeIn) {
    const result = interruptedRun(record, content);
    if (!ended.has(record.id)) {
      await history.append(result);
      log.warn(result.message, { run: record.id, code: result.error_code });
    }
    await runFiles.remove(record.id);
  }
  return records;
}

/** What is known of a run that never ended: how far each process had got, and what the journal says of it now. */
export function interruptedRun(record: RunRecord, journal: JournalContent): RunDocument {
  const title = [record.action, ...record.names].join(' ');
  const processes = record.processes.map((process) => reportOf(process, record, journal));
  const out = processes.filter(({ outcome }) => outcome === 'failed');
  const details = out.slice(0, namedAtMost).map(({ message }) => message);
  const more = out.length > namedAtMost ? [`Likewise ${out.length - namedAtMost} more.`] : [];
  const message = `${title} was interrupted: the drainctl that did it (pid ${record.drainctl.pid}) was killed, or the machine went down.`;
  return {
    id: record.id,
    action: record.action,
    names: record.names,
    occasion: record.options.occasion ?? '',
    started_at: record.startedAt,
    ended_at: record.at,
    outcome: 'failed',
    cut: processes.some(({ cut }) => cut < 0) ? -1 : 0,
    message: [message, ...details, ...more].join(' '),
    error_code: 'RUN_INTERRUPTED',
    hint: 'See "drainctl status". What is out goes back when it runs and is ready; run the command again for the rest.',
    ends_supervisord: false,
    processes,
  };
}

/** Of more processes than these only the first ones are named. */
const namedAtMost = 3;

function reportOf(
  { name, phase, outcome }: RunRecord['processes'][number],
  record: RunRecord,
  journal: JournalContent,
): ProcessReport {
  const began = phase !== '';
  const ended = outcome !== '' ? outcome : began ? 'failed' : 'untouched';
  const isOut = journal.entries.some((entry) => entry.process === name);
  const where = isOut
    ? 'it was out of its pools then, by the journal'
    : 'drainctl had nothing of it out then, by the journal';
  const interrupted = outcome === '' && began;
  // Nobody saw what became of the work of one that was being stopped, or that the gate was to protect.
  const mayBeCut = outcome === 'cut' || (interrupted && (phase === 'stop' || record.action === 'gate'));
  return {
    name,
    outcome: ended,
    counted: true,
    cut: mayBeCut ? -1 : 0,
    in_flight_at_stop: -1,
    phases: [],
    message: interrupted ? `${name} was ${sayPhase(phase)}; ${where}.` : '',
    error_code: interrupted ? 'RUN_INTERRUPTED' : '',
    hint: '',
  };
}

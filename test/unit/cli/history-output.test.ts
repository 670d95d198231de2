import { describe, expect, test } from 'vitest';
import { printHistory } from '../../../src/cli/history-output.ts';
import type { Phase, RunDocument } from '../../../src/drain/api.ts';
import { processReport, runDocument } from '../../support/doubles/documents.ts';
import { textSink } from '../../support/doubles/text-sink.ts';

function printed(...runs: readonly RunDocument[]): string {
  const output = textSink();
  printHistory(output, runs);
  return output.text;
}

function took(times: Partial<Record<Phase, number>>): { phase: Phase; ms: number }[] {
  return (Object.entries(times) as [Phase, number][]).map(([phase, ms]) => ({ phase, ms })); // as: its keys are phases
}

describe('the history', () => {
  test('of a shutdown tells of each process how long its phases took, what was in flight at the stop and what was cut', () => {
    const text = printed(
      runDocument({
        action: 'shutdown',
        names: [],
        occasion: 'system shutdown',
        outcome: 'cut',
        cut: 2,
        ended_at: '2026-01-02T03:04:36.000Z',
        processes: [
          processReport({ phases: took({ depool: 40, settle: 0, drain: 1_432, stop: 210 }) }),
          processReport({
            name: 'web:web_01',
            outcome: 'cut',
            cut: 2,
            in_flight_at_stop: 2,
            phases: took({ depool: 41, settle: 0, drain: 30_012, stop: 350 }),
            message: 'web:web_01 was stopped with 2 requests or jobs unfinished.',
          }),
          processReport({ name: 'cron:cron', counted: false, in_flight_at_stop: -1, phases: took({ stop: 5 }) }),
          processReport({
            name: 'old:old',
            outcome: 'skipped',
            in_flight_at_stop: -1,
            message: 'old:old was not running.',
          }),
        ],
      }),
    );

    expect(text).toMatchInlineSnapshot(`
      "2026-01-02T03:04:05Z shutdown (system shutdown): cut in 31 s, 4 processes, 2 requests or jobs cut off (run run-1)
        PROCESS     OUTCOME  DEPOOL  SETTLE  DRAIN  STOP    AT THE STOP  CUT OFF
        web:web_00  done     40 ms   0 ms    1.4 s  210 ms  0 in flight  0
        web:web_01  cut      41 ms   0 ms    30 s   350 ms  2 in flight  2
        cron:cron   done     -       -       -      5 ms    not counted  not counted
        old:old     skipped  -       -       -      -       -            0
        web:web_01 was stopped with 2 requests or jobs unfinished.
        old:old was not running.
      "
    `);
  });

  test('of a run that came to no stop has no column for it', () => {
    const phases = took({ depool: 40, drain: 1_400, hold: 1 });

    expect(printed(runDocument({ action: 'drain', processes: [processReport({ phases })] }))).toMatchInlineSnapshot(`
      "2026-01-02T03:04:05Z drain web:*: done in 1 s, 1 process (run run-1)
        PROCESS     OUTCOME  DEPOOL  DRAIN  HOLD  CUT OFF
        web:web_00  done     40 ms   1.4 s  1 ms  0
      "
    `);
  });

  test('of a depool after a crash does not say that nothing was cut off', () => {
    const processes = [processReport({ in_flight_at_stop: -1, phases: took({ depool: 12 }) })];

    const text = printed(runDocument({ action: 'depool', names: [], occasion: 'supervisord crashed', processes }));

    expect(text).toContain(' depool (supervisord crashed): done');
    expect(text).not.toContain('CUT OFF');
  });

  test('counts the processes that were skipped where there are many, and lists the others', () => {
    const skipped = Array.from({ length: 300 }, (_, index) =>
      processReport({ name: `cron:cron_${index}`, outcome: 'skipped', message: `cron:cron_${index} was not running.` }),
    );

    const text = printed(runDocument({ processes: [...skipped, processReport({ phases: took({ stop: 5 }) })] }));

    expect(text).toContain('web:web_00');
    expect(text).not.toContain('cron_');
    expect(text).toContain('  300 processes were skipped: there was nothing to do; --json names them.\n');
  });

  test('adds up the turns of a phase', () => {
    const phases = [...took({ drain: 300 }), ...took({ drain: 500 })];

    expect(printed(runDocument({ processes: [processReport({ phases })] }))).toContain('800 ms');
  });

  test('says why a run failed whose processes did not', () => {
    const processes = [processReport({ phases: took({ stop: 5 }) })];
    const message = 'shutdown done: 1 of 1 process. But supervisord could not be told to shut down: no answer.';

    expect(printed(runDocument({ outcome: 'failed', message, processes }))).toContain(`\n  ${message}\n`);
  });

  test.each([
    ['a run that was killed', 'failed', 'RUN_INTERRUPTED', ': failed (RUN_INTERRUPTED) in '],
    ['too few others', 'cancelled', 'TOO_FEW_AVAILABLE', ': cancelled (TOO_FEW_AVAILABLE) in '],
    ["a person's cancel", 'cancelled', 'CANCELLED', ': cancelled in '],
  ] as const)('names the code of %s', (_, outcome, code, line) => {
    expect(printed(runDocument({ outcome, error_code: code }))).toContain(line);
  });

  test('does not let what a process said steer the terminal', () => {
    const text = printed(runDocument({ processes: [processReport({ message: 'was\u001b[31m stopped' })] }));

    expect(text).toContain('was [31m stopped');
  });

  test('of a sidecar that knows no occasions is told without', () => {
    const { occasion: _, ...earlier } = runDocument();

    // as: what a sidecar of an earlier version answers
    expect(printed(earlier as RunDocument)).toContain(' stop web:*: done in 1 s');
  });

  test('of a clock that was set back does not take less than no time', () => {
    expect(printed(runDocument({ ended_at: '2026-01-02T03:00:00.000Z' }))).toContain('done in 0 s');
  });
});

import { describe, expect, test } from 'vitest';
import type { ProcessOutcome, ProcessReport } from '../../../src/drain/api.ts';
import { outcomeOf, summaryOf, totalCut } from '../../../src/drain/outcome.ts';
import { processReport } from '../../support/doubles/documents.ts';

function report(outcome: ProcessOutcome, given: Partial<ProcessReport> = {}): ProcessReport {
  return processReport({ outcome, ...given });
}

const stopped = { phases: [{ phase: 'stop', ms: 5 }] } as const;

describe('a run', () => {
  test.each<[ProcessOutcome[], string]>([
    [[], 'done'],
    [['done'], 'done'],
    [['skipped'], 'done'],
    [['done', 'skipped'], 'done'],
    [['done', 'untouched'], 'cancelled'],
    [['done', 'cancelled'], 'cancelled'],
    [['cancelled', 'cut'], 'cut'],
    [['cut', 'held'], 'held'],
    [['held', 'failed'], 'failed'],
    [['untouched', 'cut'], 'cut'],
  ])('of %j is %s', (outcomes, expected) => {
    expect(outcomeOf(outcomes.map((outcome) => report(outcome)))).toBe(expected);
  });

  test('cuts off the sum of what its processes cut off', () => {
    expect(totalCut([report('cut', { cut: 2 }), report('done'), report('cut', { cut: 3 })])).toBe(5);
  });

  test('cuts off an unknown amount where one process does', () => {
    expect(totalCut([report('cut', { cut: 2 }), report('cut', { cut: -1 })])).toBe(-1);
  });
});

describe('the summary', () => {
  test('of a stop that cut nothing off says so', () => {
    const reports = [report('done', stopped), report('skipped')];

    expect(summaryOf({ action: 'stop', outcome: 'done', cut: 0 }, reports)).toBe(
      'stop done: 1 of 2 processes; nothing was cut off.',
    );
  });

  test('of a stop of something uncounted does not say that nothing was cut off', () => {
    const reports = [report('done', stopped), report('done', { ...stopped, name: 'cron:cron', counted: false })];

    expect(summaryOf({ action: 'stop', outcome: 'done', cut: 0 }, reports)).toBe(
      'stop done: 2 of 2 processes; nothing that is counted was cut off, but nothing counts the work of cron:cron.',
    );
  });

  test('of many uncounted processes counts them', () => {
    const reports = ['a:a', 'b:b', 'c:c', 'd:d'].map((name) => report('done', { ...stopped, name, counted: false }));

    expect(summaryOf({ action: 'stop', outcome: 'done', cut: 0 }, reports)).toContain('the work of 4 of them.');
  });

  test('of a start does not speak of what was cut off', () => {
    expect(summaryOf({ action: 'start', outcome: 'done', cut: 0 }, [report('done')])).toBe(
      'start done: 1 of 1 process.',
    );
  });

  test('of a run with nothing to do says so', () => {
    expect(summaryOf({ action: 'stop', outcome: 'done', cut: 0 }, [report('skipped')])).toBe(
      'stop: there was nothing to do.',
    );
  });

  test('of a cut says how much', () => {
    const reports = [report('cut', { cut: 3, message: 'web:web_00 was stopped with 3 requests or jobs unfinished.' })];

    expect(summaryOf({ action: 'stop', outcome: 'cut', cut: 3 }, reports)).toBe(
      'stop done, but work was cut off: 3 requests or jobs. web:web_00 was stopped with 3 requests or jobs unfinished.',
    );
  });

  test('of many processes that were cut off names three and counts the rest', () => {
    const names = Array.from({ length: 100 }, (_, index) => `web:web_${index}`);
    const reports = names.map((name) => report('cut', { name, cut: -1, message: `${name} was stopped.` }));

    expect(summaryOf({ action: 'stop', outcome: 'cut', cut: -1 }, reports)).toBe(
      'stop done, but work was cut off: an unknown amount of work. ' +
        'web:web_0 was stopped. web:web_1 was stopped. web:web_2 was stopped. Likewise 97 more.',
    );
  });

  test('of many that failed in different ways tells of each', () => {
    const reports = ['a', 'b', 'c', 'd'].map((name) =>
      report('failed', { name, message: `${name}: because of ${name}${name}x.` }),
    );
    const odd = report('failed', { name: 'e', message: 'e is still out.' });

    expect(summaryOf({ action: 'stop', outcome: 'failed', cut: 0 }, [...reports, odd])).toContain('e is still out.');
  });

  test.each([
    ['held', 'restart ended without stopping. web:web_00 is out. Not touched: web:web_01.'],
    ['cancelled', 'restart was ended early: as asked. web:web_00 is out. Not touched: web:web_01.'],
    ['failed', 'restart failed. web:web_00 is out. Not touched: web:web_01.'],
  ] as const)('of a %s run says what state things are in, and what was not touched', (outcome, text) => {
    const reports = [
      report(outcome, { message: 'web:web_00 is out.' }),
      report('untouched', { name: 'web:web_01' }),
      report('done', { name: 'web:web_02' }),
      report('skipped', { name: 'web:web_03', message: 'not said' }),
    ];

    expect(summaryOf({ action: 'restart', outcome, cut: 0 }, reports, 'as asked')).toBe(text);
  });

  test('tells of a process that is done how it died', () => {
    const reports = [report('done', { message: 'web:web_00 was stopped; it was killed.' })];

    expect(summaryOf({ action: 'stop', outcome: 'done', cut: 0 }, reports)).toMatch(
      / web:web_00 was stopped; it was killed\.$/,
    );
  });
});

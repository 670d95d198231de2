import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ProcessOutcome } from '../../../src/drain/api.ts';
import { Patience } from '../../../src/drain/patience.ts';
import { processReport, runDocument } from '../../support/doubles/documents.ts';

const name = 'web:web_00';

/** A recovery of web_00 that ended so. */
const recovery = (outcome: ProcessOutcome) => runDocument({ processes: [processReport({ name, outcome })] });

/** Without chance: each pause is as long as it can be. */
const patient = () => new Patience(() => 0);

const passMs = (ms: number) => vi.advanceTimersByTime(ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  passMs(1_000_000);
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a recovery that fails', () => {
  test('says how long it is kept from being tried', () => {
    const patience = patient();
    patience.learn(recovery('failed'));
    passMs(2_000);

    expect(patience.waitMs(name)).toBe(3_000);
  });

  test('is tried again after pauses that double, up to five minutes', () => {
    const patience = patient();
    const pauses = Array.from({ length: 8 }, () => {
      patience.learn(recovery('failed'));
      let waitedMs = 0;
      for (; !patience.isDue(name); waitedMs += 1_000) passMs(1_000);
      return waitedMs / 1_000;
    });

    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
  });

  test('begins with the shortest pause again after a good one', () => {
    const patience = patient();
    for (const outcome of ['failed', 'failed', 'done', 'failed'] as const) patience.learn(recovery(outcome));

    passMs(5_000);

    expect(patience.isDue(name)).toBe(true);
  });
});

describe('a pause', () => {
  test('is shortened at random, by at most a half', () => {
    const patience = new Patience(() => 0.999);
    patience.learn(recovery('failed'));

    expect(patience.waitMs(name)).toBeCloseTo(2_500, -1);
  });
});

describe('a process that crashes', () => {
  test('for the first time goes back as soon as it is ready', () => {
    const patience = patient();

    expect(patience.crashed(name)).toBe(0);
    expect(patience.isDue(name)).toBe(true);
  });

  test('again and again soon after it was put back waits longer each time', () => {
    const patience = patient();
    const pauses = Array.from({ length: 5 }, () => {
      patience.learn(recovery('done'));
      passMs(2_000);
      const pauseMs = patience.crashed(name);
      passMs(pauseMs);
      return pauseMs;
    });

    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 80_000]);
  });

  test('may not go back before its pause is over', () => {
    const patience = patient();
    patience.learn(recovery('done'));
    patience.crashed(name);

    passMs(4_999);

    expect(patience.isDue(name)).toBe(false);
  });

  test('long after it was put back goes back at once', () => {
    const patience = patient();
    patience.learn(recovery('done'));

    passMs(61_000);

    expect(patience.crashed(name)).toBe(0);
  });
});

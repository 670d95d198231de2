import { describe, expect, test } from 'vitest';
import { sayCut, sayDuration, sayInFlight, sayProcesses, sayProgress } from '../../../src/drain/wording.ts';

test.each([
  [0, '0 s'],
  [40, '0 s'],
  [50, '0.1 s'],
  [400, '0.4 s'],
  [960, '1 s'],
  [1_000, '1 s'],
  [1_499, '1 s'],
  [1_500, '2 s'],
  [119_000, '119 s'],
  [119_600, '2 min'],
  [125_000, '2 min 5 s'],
  [3_600_000, '60 min'],
])('%i ms is said as "%s"', (ms, text) => {
  expect(sayDuration(ms)).toBe(text);
});

describe('in flight', () => {
  test.each([
    [0, '0 in flight'],
    [3, '3 in flight'],
    [-1, 'in flight unknown'],
    [undefined, 'in flight unknown'],
  ])('of %s is said as "%s"', (inFlight, text) => {
    expect(sayInFlight(inFlight)).toBe(text);
  });
});

test.each([
  [-1, 'an unknown amount of work'],
  [1, '1 request or job'],
  [7, '7 requests or jobs'],
])('a cut of %i is said as "%s"', (cut, text) => {
  expect(sayCut(cut)).toBe(text);
});

test.each([
  [0, '0 processes'],
  [1, '1 process'],
  [4, '4 processes'],
])('%i is said as "%s"', (count, text) => {
  expect(sayProcesses(count)).toBe(text);
});

describe('what a process is doing', () => {
  const progress = { name: 'web', in_flight: 3, elapsed_ms: 4_000, deadline_ms: 30_000, outcome: '' } as const;

  test('is its phase, with what counts and how long it may take', () => {
    expect(sayProgress({ ...progress, phase: 'drain', doing: '' })).toBe('draining: 3 in flight, 4 s of 30 s');
  });

  test('names the part of the phase', () => {
    const said = sayProgress({ ...progress, phase: 'after_drain', doing: '1 of 2: pause 5s', deadline_ms: -1 });

    expect(said).toBe('doing its after_drain steps (1 of 2: pause 5s): 4 s');
  });

  test('is the phase alone where the sidecar is of an earlier version', () => {
    expect(sayProgress({ ...progress, phase: 'before_stop', deadline_ms: -1 })).toBe(
      'doing its before_stop steps: 4 s',
    );
  });
});

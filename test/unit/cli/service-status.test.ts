import { expect, test } from 'vitest';
import { statusText } from '../../../src/cli/service-status.ts';
import type { ProcessProgress } from '../../../src/drain/api.ts';

const words = { title: 'shutdown', ended: 'stopped' };

function progress(name: string, given: Partial<ProcessProgress> = {}): ProcessProgress {
  return { name, phase: 'drain', doing: '', in_flight: 8, elapsed_ms: 0, deadline_ms: 30_000, outcome: '', ...given };
}

test('says which group is worked on, how much is in flight, how far it is, and since when', () => {
  const processes = [
    progress('web:web_00'),
    progress('web:web_01'),
    progress('web:web_02', { phase: 'stop', in_flight: 0, outcome: 'done' }),
    progress('web:web_03', { phase: 'stop', in_flight: 1, outcome: 'cut' }),
  ];

  expect(statusText(processes, 12_000, words)).toBe('draining web: 16 in flight, 2 of 4 stopped, 12 s');
});

test('does not count what was not running', () => {
  const processes = [progress('web:web_00'), progress('old:old', { phase: '', outcome: 'skipped' })];

  expect(statusText(processes, 1_000, words)).toBe('draining web: 8 in flight, 0 of 1 stopped, 1 s');
});

test.each([
  [[-1, -1], 'in flight unknown'],
  [[-1, 5], 'at least 5 in flight'],
  [[-1, 0], 'in flight unknown'],
])('takes unknown not for 0: %j', (counts, expected) => {
  const processes = counts.map((in_flight, index) => progress(`web:web_0${index}`, { in_flight }));

  expect(statusText(processes, 1_000, words)).toBe(`draining web: ${expected}, 0 of 2 stopped, 1 s`);
});

test('names the phase that most are in', () => {
  const processes = [
    progress('a:a', { phase: 'stop' }),
    progress('b:b', { phase: 'depool' }),
    progress('c:c', { phase: 'depool' }),
  ];

  expect(statusText(processes, 1_000, words)).toMatch(/^depooling a, b, c: /);
});

test('names three groups, and counts the others', () => {
  const processes = ['a:a', 'b:b', 'c:c', 'd:d', 'e:e'].map((name) => progress(name));

  expect(statusText(processes, 1_000, words)).toMatch(/^draining a, b, c and 2 more: 40 in flight/);
});

test('before the first process has its turn says what is about to be done', () => {
  expect(statusText([], 400, words)).toBe('shutdown: 0.4 s');
});

test('is one line, whatever a process is called', () => {
  expect(statusText([progress('web\nREADY=1:x')], 1_000, words)).not.toContain('\n');
});

import { expect, test } from 'vitest';
import { withPriority } from '../../../src/systemd/priority.ts';

test.each([
  ['info', '<6>a\n'],
  ['notice', '<5>a\n'],
  ['warning', '<4>a\n'],
  ['error', '<3>a\n'],
] as const)('a line of priority %s', (priority, expected) => {
  expect(withPriority('a\n', priority)).toBe(expected);
});

test('every line has it, and empty ones stay empty', () => {
  expect(withPriority('a\n\n  b\n', 'error')).toBe('<3>a\n\n<3>  b\n');
});

test('what looks like a priority in the text is text', () => {
  expect(withPriority('<0>a\n', 'info')).toBe('<6><0>a\n');
});

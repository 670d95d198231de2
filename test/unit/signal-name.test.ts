import { expect, test } from 'vitest';
import { signalNameSchema, signalNumber } from '../../src/signal-name.ts';

test('signals have numbers by their names', () => {
  expect([signalNumber('TSTP'), signalNumber('NOPE')]).toEqual([20, undefined]);
});

test.each(['QUIT', 'SIGQUIT', 'sigquit', 'quit'])('%s is a name of QUIT', (text) => {
  expect(signalNameSchema.parse(text)).toBe('QUIT');
});

test.each(['KILL', 'SIGSTOP', 'NOPE', '3', ''])('%s is refused', (text) => {
  expect(signalNameSchema.safeParse(text).success).toBe(false);
});

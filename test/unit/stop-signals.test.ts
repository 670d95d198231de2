import { expect, test } from 'vitest';
import { isForSupervisord } from '../../src/stop-signals.ts';

test.each([
  ['listen'],
  ['standby'],
  ['listen --config /etc/drainctl.yaml'],
  ['--config /etc/drainctl.yaml standby'],
  ['--config=/etc/drainctl.yaml --json listen'],
  ['--deadline 5s listen'],
])('the signals of "drainctl %s" are kept', (line) => {
  expect(isForSupervisord(line.split(' '))).toBe(true);
});

test.each([[''], ['status standby --watch'], ['--config standby status --watch'], ['drain listen'], ['help standby']])(
  '"drainctl %s" is ended by Ctrl-C',
  (line) => {
    expect(isForSupervisord(line.split(' '))).toBe(false);
  },
);

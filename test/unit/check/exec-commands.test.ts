import { expect, test } from 'vitest';
import { isDrainedShutdown, stopCommands } from '../../../src/check/exec-commands.ts';
import { execStop, unit } from '../../support/doubles/facts.ts';

test('every command of ExecStop= is read, in order', () => {
  const { properties } = unit({ ExecStop: execStop('/usr/bin/env FOO=1 a', 'drainctl shutdown --config /etc/x.yaml') });

  expect(stopCommands(properties)).toEqual(['/usr/bin/env FOO=1 a', 'drainctl shutdown --config /etc/x.yaml']);
});

test('a unit without ExecStop= has no commands', () => {
  expect(stopCommands(unit({ ExecStop: '' }).properties)).toEqual([]);
});

test.each([
  ['drainctl shutdown', true],
  ['/usr/local/bin/drainctl shutdown --config /etc/x.yaml', true],
  ['/usr/bin/env A=1 drainctl --quiet shutdown', true],
  ['/usr/bin/supervisorctl shutdown', false],
  ['drainctl status', false],
])('%s: %s', (command, expected) => {
  expect(isDrainedShutdown(command)).toBe(expected);
});

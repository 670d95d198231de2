import { describe, expect, test } from 'vitest';
import { sayBypass, sayExit, sayLoss, sayNames } from '../../../src/drain/loss.ts';
import { crashed } from '../../../src/drain/losses.ts';
import { OwnStops } from '../../../src/drain/own-stops.ts';
import { processInfo } from '../../support/doubles/processes.ts';

const exited = (exitStatus: number) => ({ ...processInfo('web:web_00', 'EXITED'), exitStatus });

describe('what befell a process', () => {
  test.each([
    ['an exit status', exited(1), 'exit status 1'],
    ['a signal', exited(-1), 'ended by a signal'],
    [
      'why it could not be started',
      { ...processInfo('web:web_00', 'FATAL'), spawnError: 'no such file' },
      'no such file',
    ],
    ['nothing once it was started again', processInfo('web:web_00', 'STARTING'), ''],
    ['nothing where supervisord does not tell', undefined, ''],
  ])('is told with %s', (_, info, text) => {
    expect(sayExit(info)).toBe(text);
  });

  test('is told with what is known', () => {
    expect(sayLoss(crashed('web:web_00', 'EXITED', 4711, false), exited(1))).toBe('crashed (pid 4711, exit status 1)');
    expect(sayLoss(crashed('web:web_00', 'BACKOFF', undefined, undefined), undefined)).toBe(
      'ended right after its start',
    );
  });
});

test('of many names only the first are told', () => {
  expect(sayNames(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toBe('a, b, c, d, e and 2 more');
});

test('a stop of several past drainctl is told in the plural', () => {
  expect(sayBypass(['web:web_00', 'web:web_01'], '/run/drainctl.sock')).toBe(
    "web:web_00, web:web_01 are being stopped past drainctl, by a client of supervisord's own socket; their requests in " +
      'flight may be cut off. Point that client (serverurl of [supervisorctl], Ansible, …) to unix:///run/drainctl.sock',
  );
});

describe('a stop is ours', () => {
  test.each([
    ['of the process that we stopped', 4711, 4711, true],
    ['of one whose pid we did not know', 0, 4711, true],
    ['where supervisord tells no pid', 4711, undefined, true],
    ['not of another one in its place', 4711, 4712, false],
  ])('%s', (_, ours, theirs, expected) => {
    const stops = new OwnStops();
    stops.add('web:web_00', ours);

    expect(stops.has('web:web_00', theirs)).toBe(expected);
  });

  test('not of a process that we never stopped', () => {
    expect(new OwnStops().has('web:web_00', 4711)).toBe(false);
  });
});

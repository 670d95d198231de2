import { describe, expect, test } from 'vitest';
import { commandEnvironment } from '../../../../src/pools/exec/environment.ts';
import { placementOf } from '../../../../src/pools/exec/standing.ts';

describe('what the end of a state command says', () => {
  test.each([
    [0, '', '', 'in'],
    [1, '', '', 'out'],
    [0, 'in\n', '', 'in'],
    [0, 'OUT\n', 'a warning', 'out'],
    [1, 'down', '', 'down'],
    [0, 'missing', '', 'missing'],
    [0, '', 'a warning', 'in'],
  ])('exit %i, "%s", "%s": %s', (exitCode, stdout, stderr, placement) => {
    expect(placementOf({ exitCode, stdout, stderr })).toBe(placement);
  });

  test.each([
    [1, '', 'Traceback'],
    [2, '', ''],
    [2, 'out', ''],
    [0, 'maybe', ''],
    [0, 'out of memory', ''],
    [undefined, '', ''],
  ])('exit %s, "%s", "%s": nothing', (exitCode, stdout, stderr) => {
    expect(placementOf({ exitCode, stdout, stderr })).toBeUndefined();
  });
});

describe('the environment of a command', () => {
  const own = { PATH: '/bin', SECRET: 'x', REGION: 'us', DRAINCTL_REASON: 'old' };
  const task = { action: 'repool', process: 'web:web_00', member: 'app/web_00' } as const;

  test('holds little of our own, and what it is for', () => {
    expect(commandEnvironment(task, own, [], {})).toEqual({
      PATH: '/bin',
      DRAINCTL_ACTION: 'repool',
      DRAINCTL_PROCESS: 'web:web_00',
      DRAINCTL_MEMBER: 'app/web_00',
    });
  });

  test('holds what is named and what is added, which wins', () => {
    const { PATH, REGION, SECRET } = commandEnvironment(task, own, ['REGION', 'SECRET', 'NOPE'], { REGION: 'eu' });
    expect({ PATH, REGION, SECRET }).toEqual({ PATH: '/bin', REGION: 'eu', SECRET: 'x' });
  });

  test('tells why it is taken out', () => {
    expect(commandEnvironment({ ...task, reason: 'restart' }, {}, [], {})['DRAINCTL_REASON']).toBe('restart');
  });
});

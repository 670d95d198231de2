import { describe, expect, test } from 'vitest';
import { phases, runActions } from '../../../src/drain/api.ts';
import { atDeadline, endsRun, mustGoOn, pipelines } from '../../../src/drain/policy.ts';

describe('the pipelines', () => {
  test('are there for every action, and for nothing else', () => {
    expect(Object.keys(pipelines).sort()).toEqual([...runActions].sort());
  });

  test('have every phase, and none that is unknown', () => {
    expect([...new Set(Object.values(pipelines).flat())].sort()).toEqual([...phases].sort());
  });

  test.each(runActions)('%s depools, settles and drains before it stops, and starts and is ready before it repools', (action) => {
    const order = ['release', 'depool', 'settle', 'drain', 'hold', 'stop', 'start', 'ready', 'repool'];
    const positions = pipelines[action].map((phase) => order.indexOf(phase));

    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  });

  test.each(runActions.filter((action) => pipelines[action].includes('stop')))('%s drains what it stops', (action) => {
    expect(pipelines[action]).toEqual(expect.arrayContaining(['depool', 'settle', 'drain']));
  });

  test.each(runActions.filter((action) => pipelines[action].includes('repool')))(
    '%s repools only what is ready',
    (action) => {
      expect(pipelines[action]).toContain('ready');
    },
  );
});

describe('the policy', () => {
  test.each([
    ['drain', false, false],
    ['stop', false, true],
    ['start', false, false],
    ['restart', false, true],
    ['shutdown', true, false],
    ['pool', false, false],
    ['gate', true, false],
    ['recover', false, false],
  ] as const)('of %s: must go on is %s, one failure ends the run is %s', (action, goesOn, ends) => {
    expect(mustGoOn(action)).toBe(goesOn);
    expect(endsRun(action)).toBe(ends);
  });

  test.each([
    ['drain', 'stop', 'hold'],
    ['drain', 'hold', 'hold'],
    ['stop', 'stop', 'stop'],
    ['stop', 'hold', 'hold'],
    ['restart', 'stop', 'stop'],
    ['restart', 'hold', 'hold'],
    ['shutdown', 'stop', 'stop'],
    ['shutdown', 'hold', 'hold'],
    ['gate', 'stop', 'stop'],
    ['gate', 'hold', 'wait'],
  ] as const)('at the deadline of a %s with on_deadline %s: %s', (action, onDeadline, expected) => {
    expect(atDeadline(action, onDeadline)).toBe(expected);
  });
});

import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { phases, runActions } from '../../../src/drain/api.ts';
import {
  atDeadline,
  endsRun,
  mayBeEnded,
  mustGoOn,
  pipelines,
  stopsUnconfirmed,
  takesOver,
  undoes,
} from '../../../src/drain/policy.ts';

describe('the pipelines', () => {
  test('are there for every action, and for nothing else', () => {
    expect(Object.keys(pipelines).sort()).toEqual([...runActions].sort());
  });

  test('are made of the phases that have a file, each of its own', () => {
    const files = readdirSync(new URL('../../../src/drain/phases', import.meta.url));

    expect(files.map((file) => file.replace(/\.ts$/, '').replaceAll('-', '_')).sort()).toEqual([...phases].sort());
  });

  test('have every phase, and none that is unknown', () => {
    expect([...new Set(Object.values(pipelines).flat())].sort()).toEqual([...phases].sort());
  });

  test.each(runActions)(
    '%s depools, settles and drains before it stops, and starts and is ready before it repools',
    (action) => {
      const order = [
        'release',
        'acquire',
        'depool',
        'settle',
        'before_stop',
        'drain',
        'after_drain',
        'hold',
        'stop',
        'start',
        'ready',
        'repool',
      ];
      const positions = pipelines[action].map((phase) => order.indexOf(phase));

      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    },
  );

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
    ['drain', false, false, false],
    ['stop', false, true, true],
    ['start', false, false, true],
    ['restart', false, true, true],
    ['shutdown', true, false, true],
    ['pool', false, false, true],
    ['gate', true, false, false],
    ['recover', false, false, true],
    ['depool', true, false, true],
  ] as const)(
    'of %s: must go on: %s; ended by one that failed: %s, by one that is held: %s',
    (action, goesOn, failed, held) => {
      expect([mustGoOn(action), endsRun(action, 'failed'), endsRun(action, 'held')]).toEqual([goesOn, failed, held]);
    },
  );

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

  test.each(['stop', 'hold'] as const)(
    'of a gate that keeps to the deadlines, with on_deadline %s: stop',
    (onDeadline) => {
      expect(atDeadline('gate', onDeadline, { keepsDeadlines: true })).toBe('stop');
    },
  );

  test('goes on where a pool has not confirmed, unless to take it out is all there is to do', () => {
    expect(runActions.filter(stopsUnconfirmed)).toEqual(['shutdown', 'gate']);
  });
});

describe('a run that is under way', () => {
  test.each(runActions)('and is a %s may be ended when supervisord has gone', (action) => {
    expect(mayBeEnded(action, 'supervisord gone')).toBe(true);
  });

  test.each(['cancelled', 'superseded'] as const)(
    'and is the gate may not be %s: the moment it ends, supervisord stops everything',
    (reason) => {
      expect(runActions.filter((action) => !mayBeEnded(action, reason))).toEqual(['gate']);
    },
  );

  test('is taken over from by the gate, whatever it is', () => {
    expect(runActions.filter((earlier) => takesOver('gate', earlier))).toEqual(runActions);
  });

  test('is taken over from by a shutdown, unless it is one itself', () => {
    expect(runActions.filter((earlier) => !takesOver('shutdown', earlier))).toEqual(['shutdown']);
  });

  test('is taken over from by a depool after a crash, unless it must go on', () => {
    const waitedFor = runActions.filter((earlier) => !takesOver('depool', earlier));

    expect(waitedFor.toSorted()).toEqual(['depool', 'gate', 'shutdown']);
  });

  test.each(['drain', 'stop', 'start', 'restart', 'pool'] as const)(
    'is waited for by a %s, unless it only recovers',
    (action) => {
      expect(runActions.filter((earlier) => takesOver(action, earlier))).toEqual(['recover']);
    },
  );

  test.each([
    ['cancelled', true],
    ['superseded', false],
    ['supervisord gone', false],
  ] as const)('and is %s puts back what it took out: %s', (reason, expected) => {
    expect(undoes(reason)).toBe(expected);
  });
});

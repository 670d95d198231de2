import { describe, expect, test } from 'vitest';
import type { RunAction } from '../../../src/drain/api.ts';
import { makePlan, type Plan, planDocument } from '../../../src/drain/plan.ts';
import type { Target, TargetSettings } from '../../../src/drain/target.ts';
import type { ProcessConfig } from '../../../src/supervisor/process.ts';
import { processConfig } from '../../support/doubles/processes.ts';
import { ScriptedPool } from '../../support/doubles/scripted-pool.ts';
import { target } from '../../support/doubles/targets.ts';

const pool = new ScriptedPool({ servers: [] });

function planned(name: string, config: Partial<ProcessConfig> = {}, settings: Partial<TargetSettings> = {}): Target {
  return target(name, [pool], { config: processConfig(name, config), settings });
}

/** The plan as `group web: web:a web:b`. */
function steps(plan: Plan): string[] {
  return plan.map(({ title, lanes }) => {
    const names = lanes.flatMap((lane) => lane.targets).map(({ info }) => info.fullName);
    return `${title}: ${names.join(' ')}`;
  });
}

describe('the stop order', () => {
  test('is by group, the highest priority number first, as supervisord stops', () => {
    const targets = [
      planned('db:db', { groupPriority: 1 }),
      planned('web:web', { groupPriority: 999 }),
      planned('cache:cache', { groupPriority: 10 }),
    ];

    expect(steps(makePlan('stop', targets))).toEqual([
      'group web: web:web',
      'group cache: cache:cache',
      'group db: db:db',
    ]);
  });

  test('of groups of one priority is by name, whatever the order that they came in', () => {
    const targets = [planned('web:web'), planned('api:api')];

    expect(steps(makePlan('stop', targets))).toEqual(steps(makePlan('stop', targets.toReversed())));
  });

  test('within a group is by the priority of the process', () => {
    const targets = [planned('web:a', { processPriority: 1 }), planned('web:b', { processPriority: 2 })];

    expect(steps(makePlan('stop', targets))).toEqual(['group web: web:b web:a']);
  });

  test('is overridden by stages, and equal stages are one step', () => {
    const targets = [
      planned('web:web', { groupPriority: 999 }, { stage: 2 }),
      planned('api:api', { groupPriority: 1 }, { stage: 1 }),
      planned('job:job', { groupPriority: 5 }, { stage: 2 }),
    ];

    expect(steps(makePlan('stop', targets))).toEqual(['stage 1: api:api', 'stage 2: web:web job:job']);
  });

  test('has what is given no stage after stage 1 and before stage 2', () => {
    const targets = [planned('a:a', {}, { stage: 2 }), planned('b:b'), planned('c:c', {}, { stage: 1 })];

    expect(steps(makePlan('shutdown', targets))).toEqual(['stage 1: c:c', 'group b: b:b', 'stage 2: a:a']);
  });

  test('is the other way round for a start', () => {
    const targets = [planned('db:db', { groupPriority: 1 }), planned('web:web', { groupPriority: 999 })];

    expect(steps(makePlan('start', targets))).toEqual(['group db: db:db', 'group web: web:web']);
  });

  test('is the same for a restart as for a stop', () => {
    const targets = [planned('db:db', { groupPriority: 1 }), planned('web:web', { groupPriority: 999 })];

    expect(steps(makePlan('restart', targets))).toEqual(steps(makePlan('stop', targets)));
  });

  test('of nothing is nothing', () => {
    expect(makePlan('stop', [])).toEqual([]);
  });
});

describe('how many at a time', () => {
  const targets = [
    planned('web:a', {}, { maxUnavailable: 3, stage: 1 }),
    planned('web:b', {}, { maxUnavailable: 2, stage: 1 }),
    planned('job:c', {}, { maxUnavailable: 1, stage: 1 }),
  ];
  const atATime = (action: RunAction) => makePlan(action, targets)[0]?.lanes.map((lane) => lane.atATime);

  test('is max_unavailable of each group for a restart, the lowest where they differ', () => {
    expect(atATime('restart')).toEqual([1, 2]);
  });

  test.each<RunAction>(['drain', 'stop', 'start', 'shutdown', 'pool', 'gate', 'recover'])(
    'is all for a %s',
    (action) => {
      expect(atATime(action)).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    },
  );
});

describe('the document', () => {
  /** Two of one group: 30 s and 60 s to drain, 10 s to stop, 5 s to be ready. */
  const pair = [
    planned('web:a', { stopWaitSecs: 10 }, { deadlineMs: 30_000, readyDeadlineMs: 5_000 }),
    planned('web:b', { stopWaitSecs: 10 }, { deadlineMs: 60_000, readyDeadlineMs: 5_000 }),
  ];
  const worstCaseMs = (action: RunAction, targets: readonly Target[], deadlineMs?: number) =>
    planDocument(action, makePlan(action, targets), { deadlineMs }).worst_case_ms;

  test('tells of each process its members, what counts its work, and its deadline', () => {
    const document = planDocument('stop', makePlan('stop', pair.slice(0, 1)), {});

    expect(document.steps[0]?.processes).toEqual([
      {
        name: 'web:a',
        state: 'RUNNING',
        members: ['app/a at pool-a'],
        in_flight_by: ['lb at pool-a'],
        steps: [],
        deadline_ms: 30_000,
        on_deadline: 'stop',
        capacity: [],
        capacity_wait_ms: 0,
        worst_case_ms: 40_000,
      },
    ]);
  });

  test('has a stop drain side by side and stop one at a time', () => {
    expect(worstCaseMs('stop', pair)).toBe(60_000 + 2 * 10_000);
  });

  test('has a drain take as long as the longest', () => {
    expect(worstCaseMs('drain', pair)).toBe(60_000);
  });

  test('has a restart one at a time drain and start the longest for each, and stop each', () => {
    const perTurnMs = worstCaseMs('restart', pair.slice(1)) - 10_000;

    expect(worstCaseMs('restart', pair)).toBe(2 * perTurnMs + 2 * 10_000);
  });

  test('has a restart of three, two at a time, take two turns', () => {
    const three = ['web:a', 'web:b', 'web:c'].map((name) => planned(name, {}, { maxUnavailable: 2 }));
    const perTurnMs = worstCaseMs('restart', three.slice(0, 1)) - 10_000;

    expect(worstCaseMs('restart', three)).toBe(2 * perTurnMs + 3 * 10_000);
  });

  test('adds up the steps', () => {
    const other = planned('job:job', { stopWaitSecs: 1 }, { deadlineMs: 2_000 });

    expect(worstCaseMs('stop', [...pair.slice(0, 1), other])).toBe(40_000 + 3_000);
  });

  test('takes the deadline given instead of the configured ones', () => {
    expect(worstCaseMs('drain', pair, 1_000)).toBe(1_000);
  });

  test('of a process without an entry is its stop alone', () => {
    const bare = target('cron:cron', [], { config: processConfig('cron:cron', { stopWaitSecs: 7 }) });

    expect(worstCaseMs('stop', [bare])).toBe(7_000);
  });

  test('counts no more at a time than there are', () => {
    expect(planDocument('stop', makePlan('stop', pair), {}).steps[0]?.at_a_time).toBe(2);
  });
});

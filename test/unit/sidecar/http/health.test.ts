import { describe, expect, test } from 'vitest';
import type { Phase, ProcessProgress, RunAction } from '../../../../src/drain/api.ts';
import { emptyJournal } from '../../../../src/drain/journal-file.ts';
import type { EngineView } from '../../../../src/drain/view.ts';
import { DrainctlError } from '../../../../src/errors.ts';
import {
  contactOf,
  groupHealth,
  type HealthState,
  overallHealth,
  type ProcessFacts,
  processHealth,
} from '../../../../src/sidecar/http/health.ts';
import { type ProcessState, processStates } from '../../../../src/supervisor/process.ts';
import { processInfo } from '../../../support/doubles/processes.ts';
import { entry, hold } from '../../drain/journal-entries.ts';

const name = 'web:web_00';
const quiet: ProcessFacts = { journal: emptyJournal, progress: [], supervisordStops: false };

function inRun(action: RunAction, phase: Phase | '', outcome: ProcessProgress['outcome'] = ''): ProcessFacts {
  const process = { name, phase, doing: '', in_flight: 2, elapsed_ms: 1_000, deadline_ms: 30_000, outcome };
  return { ...quiet, progress: [{ action, process }] };
}

const stateIn = (facts: ProcessFacts, state: ProcessState = 'RUNNING') =>
  processHealth(processInfo(name, state), facts).state;

describe('a process', () => {
  const expected: Readonly<Record<ProcessState, HealthState>> = {
    RUNNING: 'up',
    STOPPING: 'draining',
    STARTING: 'down',
    STOPPED: 'down',
    BACKOFF: 'down',
    EXITED: 'down',
    FATAL: 'down',
    UNKNOWN: 'down',
  };

  test.each(Object.keys(processStates) as ProcessState[])('that is %s', (state) => {
    expect(stateIn(quiet, state)).toBe(expected[state]);
  });

  test('that does not run says why', () => {
    const info = { ...processInfo(name, 'FATAL'), description: 'Exited too quickly' };

    expect(processHealth(info, quiet)).toEqual({ state: 'down', why: 'supervisord says FATAL (Exited too quickly)' });
  });

  test('is draining while it is on hold', () => {
    const facts = { ...quiet, journal: { entries: [], holds: [hold(name)] } };

    expect(processHealth(processInfo(name), facts)).toEqual({ state: 'draining', why: 'on hold: heap dump' });
  });

  test('is draining while the journal has it as taken out', () => {
    expect(stateIn({ ...quiet, journal: { entries: [entry(name)], holds: [] } })).toBe('draining');
  });

  test('is up while another one is taken out', () => {
    expect(stateIn({ ...quiet, journal: { entries: [entry('web:web_01')], holds: [hold('web:web_01')] } })).toBe('up');
  });

  test('is not up before the journal was read: it may be on hold', () => {
    expect(stateIn({ ...quiet, journal: undefined })).toBe('down');
  });

  test('is draining while supervisord stops', () => {
    expect(stateIn({ ...quiet, supervisordStops: true })).toBe('draining');
  });

  test('that runs while supervisord stops, and has ended, is down', () => {
    expect(stateIn({ ...quiet, supervisordStops: true }, 'EXITED')).toBe('down');
  });
});

describe('a process in a run', () => {
  test.each<[RunAction, Phase | '', HealthState]>([
    ['restart', '', 'up'],
    ['restart', 'depool', 'draining'],
    ['restart', 'settle', 'draining'],
    ['restart', 'drain', 'draining'],
    ['restart', 'stop', 'draining'],
    ['restart', 'start', 'down'],
    ['restart', 'ready', 'down'],
    ['restart', 'repool', 'up'],
    ['start', 'ready', 'down'],
    ['drain', 'hold', 'draining'],
    ['pool', 'release', 'draining'],
    ['pool', 'ready', 'draining'],
    ['recover', 'ready', 'draining'],
    ['recover', 'repool', 'up'],
    ['shutdown', '', 'up'],
    ['gate', 'drain', 'draining'],
  ])('%s, phase "%s": %s', (action, phase, state) => {
    expect(stateIn(inRun(action, phase))).toBe(state);
  });

  test('says what the run does with it', () => {
    expect(processHealth(processInfo(name), inRun('stop', 'drain')).why).toBe(
      'stop: draining: 2 in flight, 1 s of 30 s',
    );
  });

  test('is up while it is put back, although the journal still has it: a check must see it work again', () => {
    const journal = { entries: [entry(name)], holds: [] };

    expect(stateIn({ ...inRun('restart', 'repool'), journal })).toBe('up');
  });

  test('is what the journal says before its turn has come', () => {
    const journal = { entries: [entry(name)], holds: [] };

    expect(stateIn({ ...inRun('restart', ''), journal })).toBe('draining');
  });

  test('is up again once a restart is done with it', () => {
    expect(stateIn(inRun('restart', 'repool', 'done'))).toBe('up');
  });

  test.each<RunAction>(['shutdown', 'gate'])(
    'stays draining once a %s is done with it: it is stopped next',
    (action) => {
      expect(stateIn(inRun(action, 'drain', 'done'))).toBe('draining');
    },
  );
});

describe('a group', () => {
  const members = (...states: HealthState[]) =>
    states.map((state, index) => ({ name: `web:web_0${index}`, state, why: 'because' }));

  test.each<[HealthState[], HealthState]>([
    [['up', 'up'], 'up'],
    [['up', 'draining', 'down'], 'up'],
    [['draining', 'draining'], 'draining'],
    [['draining', 'down'], 'draining'],
    [['down', 'down'], 'down'],
  ])('of %j is %s', (states, state) => {
    expect(groupHealth(members(...states)).state).toBe(state);
  });

  test('says how many are what, and why of one', () => {
    expect(groupHealth(members('draining', 'down')).why).toBe('0 up, 1 draining, 1 down; web:web_00: because');
  });
});

describe('the whole', () => {
  const answered: EngineView = {
    snapshot: { infos: [], configs: new Map() },
    contact: { askedAtMs: 990, answeredAtMs: 1_000, error: undefined },
    journal: emptyJournal,
    runs: [],
    supervisordStops: false,
  };
  const unreachable = new DrainctlError('SUPERVISOR_UNREACHABLE', 'nobody answers');
  const shuttingDown = new DrainctlError('SUPERVISOR_SHUTTING_DOWN', 'fault 6');
  const run = (action: RunAction) => ({ id: 'run-1', action, progress: () => [] });

  test.each<[string, Partial<EngineView>, HealthState]>([
    ['supervisord answers', {}, 'up'],
    ['a restart is under way', { runs: [run('restart')] }, 'up'],
    ['a shutdown is under way', { runs: [run('shutdown')] }, 'draining'],
    ['the gate is held', { runs: [run('gate')] }, 'draining'],
    ['the gate has opened', { supervisordStops: true }, 'draining'],
    ['supervisord says that it is stopping', { contact: { ...answered.contact, error: shuttingDown } }, 'draining'],
    ['supervisord does not answer', { contact: { ...answered.contact, error: unreachable } }, 'down'],
    [
      'the gate is held, and supervisord does not answer',
      { runs: [run('gate')], contact: { ...answered.contact, error: unreachable } },
      'draining',
    ],
    [
      'supervisord was not asked',
      { contact: { askedAtMs: undefined, answeredAtMs: undefined, error: undefined } },
      'down',
    ],
  ])('where %s: %j', (_, given, state) => {
    expect(overallHealth({ ...answered, ...given }, 2_000).state).toBe(state);
  });

  test('is down when supervisord hangs, so that it neither sends a tick nor fails', () => {
    expect(overallHealth(answered, 17_000)).toEqual({
      state: 'down',
      why: 'supervisord has not answered for 16 s',
    });
  });

  test('a supervisord that is stopping is not one that is silent, however long it takes', () => {
    expect(contactOf({ ...answered, runs: [run('gate')] }, 1_000_000)).toBe('stopping');
  });
});

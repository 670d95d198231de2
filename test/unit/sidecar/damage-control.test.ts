import { describe, expect, test } from 'vitest';
import { lossOf } from '../../../src/sidecar/damage-control.ts';
import { hasLost } from '../../../src/sidecar/death-watch.ts';
import type { ProcessStateEvent } from '../../../src/supervisor/events.ts';
import { type ProcessState, processStates } from '../../../src/supervisor/process.ts';

function event(state: ProcessState, given: Partial<ProcessStateEvent> = {}): ProcessStateEvent {
  return {
    kind: 'process_state',
    fullName: 'web:web_00',
    group: 'web',
    name: 'web_00',
    state,
    fromState: 'RUNNING',
    pid: 4711,
    tries: undefined,
    expected: undefined,
    ...given,
  };
}

describe('lossOf', () => {
  test.each([
    ['STOPPING', {}, 'bypassed', 'stopped past drainctl', false],
    ['EXITED', { expected: false }, 'crashed', 'crashed', true],
    ['EXITED', { expected: true }, 'crashed', 'exited', false],
    ['BACKOFF', {}, 'crashed', 'ended right after its start', true],
    ['FATAL', {}, 'crashed', 'could not be started', true],
  ] as const)('takes %s %j for %s', (state, given, kind, reason, isTrouble) => {
    expect(lossOf(event(state, given))).toEqual({ kind, process: 'web:web_00', pid: 4711, reason, isTrouble });
  });

  // as: the keys are the states
  const others = (Object.keys(processStates) as ProcessState[]).filter(
    (state) => !['STOPPING', 'EXITED', 'BACKOFF', 'FATAL'].includes(state),
  );

  test.each(others)('takes %s for no loss', (state) => {
    expect(lossOf(event(state))).toBeUndefined();
  });
});

describe('hasLost', () => {
  test.each([
    ['a child that has gone', '10 11 12 ', '10 12 ', true],
    ['one that was replaced', '10 11 ', '10 13 ', true],
    ['the last one', '10 ', '', true],
    ['nothing', '10 11 ', '10 11 ', false],
    ['a new child', '10 ', '10 11 ', false],
    ['the first look', '', '10 11 ', false],
    ['a pid that is part of another', '1 10 ', '10 ', true],
  ])('%s', (_, earlier, later, expected) => {
    expect(hasLost(earlier, later)).toBe(expected);
  });
});

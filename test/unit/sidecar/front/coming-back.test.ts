import { describe, expect, test } from 'vitest';
import { comingBack } from '../../../../src/sidecar/front/coming-back.ts';
import type { ProcessConfig, ProcessInfo } from '../../../../src/supervisor/process.ts';
import { processConfig, processInfo } from '../../../support/doubles/processes.ts';

const name = 'web:web_00';
const readyDeadlineMs = 60_000;

function isWaitedFor(
  info: Partial<ProcessInfo>,
  {
    config = {},
    leftOut = [name],
    stopping = [],
  }: { config?: Partial<ProcessConfig>; leftOut?: string[]; stopping?: ProcessInfo[] } = {},
): boolean {
  const whole = { ...processInfo(name), ...info };
  const snapshot = { infos: [whole], configs: new Map([[name, processConfig(name, config)]]) };
  return comingBack({ snapshot, leftOut, stopping, readyDeadlineMs: () => readyDeadlineMs }).includes(name);
}

describe('a process that we left out', () => {
  test.each(['RUNNING', 'STARTING'] as const)('and that is %s since a moment is waited for', (state) => {
    expect(isWaitedFor({ state, startedAtS: 1_000, nowS: 1_059 })).toBe(true);
  });

  test('and that should long have been ready is not', () => {
    expect(isWaitedFor({ state: 'RUNNING', startedAtS: 1_000, nowS: 1_060 })).toBe(false);
  });

  test.each(['STOPPED', 'EXITED', 'FATAL', 'BACKOFF', 'STOPPING'] as const)('and that is %s is not', (state) => {
    expect(isWaitedFor({ state, startedAtS: 1_000, nowS: 1_001 })).toBe(false);
  });

  test('whose group was just added is waited for where supervisord starts it by itself', () => {
    expect(isWaitedFor({ state: 'STOPPED', startedAtS: 0 }, { config: { autostart: true } })).toBe(true);
    expect(isWaitedFor({ state: 'STOPPED', startedAtS: 0 }, { config: { autostart: false } })).toBe(false);
  });

  test('and that is to be stopped itself is not', () => {
    expect(isWaitedFor({ startedAtS: 1_000, nowS: 1_001 }, { stopping: [processInfo(name)] })).toBe(false);
  });
});

test('a process that is in its pools is not waited for', () => {
  expect(isWaitedFor({ startedAtS: 1_000, nowS: 1_001 }, { leftOut: [] })).toBe(false);
});

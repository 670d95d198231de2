import { describe, expect, test } from 'vitest';
import { pause } from '../../../src/steps/pause.ts';
import type { Step } from '../../../src/steps/step.ts';
import { anyOccasion, describeStep } from '../../support/contracts/step.ts';

const { signal } = new AbortController();

function open(text: string): Step {
  return pause.open(pause.options.parse({ for: text }), { signalProcess: async () => {} });
}

describeStep('pause', () => ({
  good: () => open('1ms'),
  broken: {},
  hanging: () => open('500ms'),
  hangMs: 500,
  failsLate: false,
}));

describe('the pause', () => {
  test('lasts as long as it says', async () => {
    const startedAt = performance.now();

    await open('300ms').perform(anyOccasion, signal);

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(299);
  });

  test('is over when the process has ended', async () => {
    let looks = 0;

    await open('1h').perform({ ...anyOccasion, hasEnded: async () => ++looks > 1 }, signal);

    expect(looks).toBe(2);
  });

  test('of no time is a mistake', () => {
    expect(pause.options.safeParse({ for: '0s' }).success).toBe(false);
  });
});

import { beforeAll, describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import type { Step, StepOccasion } from '../../../src/steps/step.ts';

/** A process that goes on whatever is done to it. */
export const anyOccasion: StepOccasion = {
  process: 'web:web_00',
  pid: 4711,
  moment: 'before_stop',
  action: 'restart',
  hasEnded: async () => false,
};

/** What the suite needs of a step's real counterpart. */
export interface StepWorld {
  /** One that gets done. */
  readonly good: () => Step;
  /** Steps that don't, by what is wrong; none for one that asks nobody. */
  readonly broken: Readonly<Record<string, () => Step>>;
  /** One that would take minutes, with a time-out of {@link hangMs}. */
  readonly hanging: () => Step;
  readonly hangMs: number;
  /** False for one that is done when its time is up. Default: true. */
  readonly failsLate?: boolean;
}

/** What every step promises (`src/steps/step.ts`), held against a real counterpart. */
export function describeStep(name: string, setUp: () => Promise<StepWorld> | StepWorld): void {
  describe(`step ${name}`, () => {
    const { signal } = new AbortController();
    let world: StepWorld;

    beforeAll(async () => {
      world = await setUp();
    });

    test('is done, as often as it is asked', async () => {
      const step = world.good();

      await expect(step.perform(anyOccasion, signal)).resolves.toBeUndefined();
      await expect(step.perform(anyOccasion, signal)).resolves.toBeUndefined();
    });

    test('names what it does', async () => {
      expect(world.good().target).toMatch(/^\w+ .+/);
    });

    test('whatever is wrong is STEP_FAILED with target and hint', async ({ skip }) => {
      if (Object.keys(world.broken).length === 0) return skip('this step asks nobody');
      for (const [what, make] of Object.entries(world.broken)) {
        const step = make();
        const outcome = await step.perform(anyOccasion, signal).catch((error: unknown) => error);
        expect(isDrainctlError(outcome, 'STEP_FAILED') && outcome.hint, `${what}: ${outcome}`).toBeTruthy();
        expect(String(outcome), what).toContain(step.target);
      }
    });

    test('ends when its time is up', async () => {
      const { hanging, hangMs, failsLate = true } = world;
      const step = hanging();
      const startedAt = performance.now();

      const outcome = await step.perform(anyOccasion, signal).catch((error: unknown) => error);

      expect(failsLate ? isDrainctlError(outcome, 'STEP_FAILED') : outcome).toBe(failsLate ? true : undefined);
      expect(step.longestMs).toBe(hangMs);
      expect(performance.now() - startedAt).toBeLessThan(hangMs + 10_000);
    });

    test('an aborted signal rejects at once with its reason', async () => {
      const reason = new Error('cancelled');
      const step = world.hanging();

      await expect(step.perform(anyOccasion, AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    test('a signal that is aborted half-way ends it', async () => {
      const reason = new Error('cancelled');
      const controller = new AbortController();
      const outcome = world.hanging().perform(anyOccasion, controller.signal);

      controller.abort(reason);

      await expect(outcome).rejects.toBe(reason);
    });
  });
}

import { beforeAll, describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import type { Probe } from '../../../src/probes/probe.ts';

type MakeProbe = () => Probe | Promise<Probe>;

/** What every probe that reads a number from a text must take for unknown. */
type Brokenness = 'gone' | 'rubbish' | 'negative' | 'NaN' | 'a fraction' | 'an exponent' | 'huge' | 'failing';

/** What the suite needs of a probe's real counterpart. */
export type ProbeWorld = {
  /** A probe of something that has that much in flight. */
  measuring(count: number): Probe | Promise<Probe>;
  /** Asks something that never answers; its time-out is `hangMs`. Absent where the probe waits for nobody. */
  hanging?(): Probe | Promise<Probe>;
  readonly hangMs?: number;
} & (
  | {
      /** Probes that can't tell, by what is wrong; a driver adds its own. */
      readonly broken: Readonly<Record<Brokenness, MakeProbe>> & Readonly<Record<string, MakeProbe>>;
      readonly readsText?: true;
    }
  | {
      readonly broken: Readonly<Record<'gone', MakeProbe>> & Readonly<Record<string, MakeProbe>>;
      /** It counts by itself: no text with a number can be broken. */
      readonly readsText: false;
    }
);

/** What each probe is to measure, where its counterpart can be brought to have that much in flight. */
const anyCounts: readonly number[] = [0, 1, 25, Number.MAX_SAFE_INTEGER];

/** What every probe promises (`src/probes/probe.ts`), held against a real counterpart. */
export function describeProbe(name: string, setUp: () => Promise<ProbeWorld>, counts = anyCounts): void {
  describe(`probe ${name}`, () => {
    let world: ProbeWorld;
    const { signal } = new AbortController();

    beforeAll(async () => {
      world = await setUp();
    });

    test.each(counts)('measures %i', async (count) => {
      const probe = await world.measuring(count);
      expect(await probe.measure(signal)).toBe(count);
    });

    test('measures again, as often as it is asked', async () => {
      const probe = await world.measuring(3);
      expect([await probe.measure(signal), await probe.measure(signal)]).toEqual([3, 3]);
    });

    test('names what it asks', async () => {
      expect((await world.measuring(0)).target).toMatch(/^\w+ .+/);
    });

    test('whatever is wrong is PROBE_FAILED with target and hint, never a number', async () => {
      for (const [what, make] of Object.entries(world.broken)) {
        const probe = await make();
        const outcome = await probe.measure(signal).catch((error: unknown) => error);
        expect(isDrainctlError(outcome, 'PROBE_FAILED') && outcome.hint, `${what}: ${outcome}`).toBeTruthy();
        expect(String(outcome), what).toContain(probe.target);
      }
    });

    test('what hangs is PROBE_FAILED when its time is up', async ({ skip }) => {
      if (world.hanging === undefined) return skip('this probe waits for nobody');
      const probe = await world.hanging();
      const startedAt = performance.now();
      const outcome = await probe.measure(signal).catch((error: unknown) => error);
      expect(isDrainctlError(outcome, 'PROBE_FAILED')).toBe(true);
      expect(performance.now() - startedAt).toBeLessThan((world.hangMs ?? 0) + 10_000);
    });

    test('an aborted signal rejects at once with its reason', async () => {
      const reason = new Error('cancelled');
      const probe = await world.measuring(1);
      await expect(probe.measure(AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    test('an abort while it hangs rejects at once with its reason', async ({ skip }) => {
      if (world.hanging === undefined) return skip('this probe waits for nobody');
      const reason = new Error('cancelled');
      const controller = new AbortController();
      const probe = await world.hanging();
      const outcome = probe.measure(controller.signal).catch((error: unknown) => error);
      // Timers that are due at once fire in their order: however late this one is, it comes before the time-out.
      setTimeout(() => controller.abort(reason), 50);
      expect(await outcome).toBe(reason);
    });
  });
}

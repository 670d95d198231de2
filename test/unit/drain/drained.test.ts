import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type IdleSince, idleSince, isDrained, type Sample } from '../../../src/drain/drained.ts';

function sample(given: Partial<Sample>): Sample {
  return { startedAtMs: 0, endedAtMs: 0, inFlight: 0, unknownBecause: '', notOut: [], ...given };
}

describe('idleSince', () => {
  test('begins at the end of the first idle sample', () => {
    expect(idleSince(undefined, sample({ startedAtMs: 100, endedAtMs: 140 }))).toBe(140);
  });

  test('stays where it began while samples are idle', () => {
    expect(idleSince(140, sample({ startedAtMs: 200, endedAtMs: 240 }))).toBe(140);
  });

  test.each([
    ['work in flight', { inFlight: 1 }],
    ['an unknown count', { inFlight: undefined, unknownBecause: 'no answer' }],
    ['a member that is not out', { notOut: ['app/web_00 at pool-a'] }],
  ])('ends with %s', (_, given) => {
    expect(idleSince(140, sample({ endedAtMs: 240, ...given }))).toBeUndefined();
  });
});

describe('isDrained', () => {
  test.each([
    ['not idle', undefined, 1_000, 0, false],
    ['idle, and no quiet is asked for', 140, 100, 0, true],
    ['idle for less than quiet', 140, 439, 300, false],
    ['idle for quiet', 140, 440, 300, true],
  ])('for a process that is %s', (_, since, startedAtMs, quietMs, expected) => {
    expect(isDrained(since, sample({ startedAtMs }), quietMs)).toBe(expected);
  });
});

describe('over any sequence of samples', () => {
  const anySample = fc.record({
    pauseMs: fc.integer({ min: 0, max: 50 }),
    tookMs: fc.integer({ min: 0, max: 50 }),
    inFlight: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      fc.constant(undefined),
      fc.integer({ min: 1, max: 3 }),
    ),
    notOut: fc.oneof({ weight: 6, arbitrary: fc.constant<string[]>([]) }, fc.constant(['app/web_00 at pool-a'])),
  });
  const anySamples = fc.array(anySample, { maxLength: 30 }).map((steps) => {
    let nowMs = 0;
    return steps.map(({ pauseMs, tookMs, inFlight, notOut }): Sample => {
      const startedAtMs = nowMs + pauseMs;
      nowMs = startedAtMs + tookMs;
      return sample({ startedAtMs, endedAtMs: nowMs, inFlight, notOut });
    });
  });

  /** The samples from the last one that found anything else than idleness. */
  function lastIdle(samples: readonly Sample[]): readonly Sample[] {
    const isIdle = (one: Sample) => one.inFlight === 0 && one.notOut.length === 0;
    return samples.slice(samples.findLastIndex((one) => !isIdle(one)) + 1);
  }

  test('drained means that all samples of the quiet time were idle, and nothing less', () => {
    fc.assert(
      fc.property(anySamples, fc.integer({ min: 0, max: 200 }), (samples, quietMs) => {
        let since: IdleSince;
        for (const [index, latest] of samples.entries()) {
          since = idleSince(since, latest);
          const idle = lastIdle(samples.slice(0, index + 1));
          const [first] = idle;
          const spanMs = first === undefined ? -1 : latest.startedAtMs - first.endedAtMs;
          const expected = first !== undefined && (quietMs === 0 || spanMs >= quietMs);
          expect(isDrained(since, latest, quietMs)).toBe(expected);
        }
      }),
    );
  });

  test('one sample that is not idle is never drained', () => {
    fc.assert(
      fc.property(anySamples, anySample, (samples, last) => {
        fc.pre(last.inFlight !== 0 || last.notOut.length > 0);
        const latest = sample({ startedAtMs: 1e6, endedAtMs: 1e6, inFlight: last.inFlight, notOut: last.notOut });
        const before = samples.reduce<IdleSince>(idleSince, undefined);

        expect(isDrained(idleSince(before, latest), latest, 0)).toBe(false);
      }),
    );
  });
});

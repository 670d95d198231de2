import { describe, expect, test } from 'vitest';
import { doubtOf } from '../../../src/drain/doubt.ts';
import { cutBy, type Sample } from '../../../src/drain/drained.ts';

function sample(given: Partial<Sample>): Sample {
  return { startedAtMs: 0, endedAtMs: 0, inFlight: 0, unknownBecause: '', notOut: [], ...given };
}

const notOut = ['app/web_00 at pool-a'];
const missing = notOut;
const name = 'web:web_00';

describe('a process at its deadline', () => {
  test.each([
    ['that is out and busy', sample({ inFlight: 3 }), undefined],
    ['that is out, with nobody who can tell what is in flight', sample({ inFlight: undefined }), undefined],
    ['whose last look alone was cut short', sample({ notOut }), sample({})],
    ['that its pool has forgotten, and that says itself that it is busy', sample({ missing, inFlight: 2 }), undefined],
  ])('%s is in no doubt', (_, last, before) => {
    expect(doubtOf(name, last, before, 4_000)).toBeUndefined();
  });

  test.each([
    ['in a pool that does not answer', { notOut, poolSilentBecause: 'it did not answer.' }, 'POOL_UNREACHABLE'],
    ['in a pool that answers and has it in', { notOut }, 'POOL_REFUSED'],
    ['forgotten by the pool that counted its work', { missing, inFlight: undefined }, 'POOL_MEMBER_MISSING'],
  ])('%s is not to be stopped', (_, given, code) => {
    const last = sample(given);

    const doubt = doubtOf(name, last, last, 4_000);

    expect(doubt).toMatchObject({ code });
    expect(doubt?.message).toMatch(/^web:web_00 was not stopped: after 4 s it/);
    expect(doubt?.hint).not.toBe('');
  });
});

describe('what a stop cuts off', () => {
  test.each([
    ['is what was in flight', sample({ inFlight: 3 }), 3],
    ['is nothing where it is idle and out', sample({}), 0],
    ['is not known where the work is not', sample({ inFlight: undefined }), -1],
    ['is not known where it is idle, but may still get work', sample({ notOut }), -1],
    ['is at least what was in flight where it may still get work', sample({ inFlight: 2, notOut }), 2],
    ['is not known where nobody has looked', undefined, -1],
  ])('%s', (_, last, cut) => {
    expect(cutBy(last)).toBe(cut);
  });
});

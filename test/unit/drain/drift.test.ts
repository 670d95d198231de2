import { describe, expect, test } from 'vitest';
import type { DriftKind } from '../../../src/drain/api.ts';
import { driftOf, type FoundMember } from '../../../src/drain/drift.ts';
import { isOtherHand } from '../../../src/pools/haproxy/decisions.ts';
import type { Placement } from '../../../src/pools/pool.ts';
import { entry } from './journal-entries.ts';

const ourEntry = entry('web:web_00');
const context = { nowMs: Date.parse(ourEntry.at) + 60_000, isChanging: false };

/** A member in that place; `given` replaces parts of it. */
function member(placement: Placement | undefined, given: Partial<FoundMember> = {}): FoundMember {
  return {
    pool: 'lb',
    address: 'pool-a',
    label: 'app/web_00',
    state: placement === undefined ? undefined : { placement, text: placement.toUpperCase(), before: null },
    entry: undefined,
    isOtherHand: () => false,
    ...given,
  };
}

function kindsOf(...members: FoundMember[]): DriftKind[] {
  return driftOf(members, context).map(({ kind }) => kind);
}

describe('drift', () => {
  test.each<[string, FoundMember, DriftKind[]]>([
    ['in, and not ours', member('in'), []],
    ['down, and not ours', member('down'), []],
    ['missing, and not ours', member('missing'), []],
    ['out, and not ours', member('out'), ['taken_out']],
    ['out, and ours', member('out', { entry: ourEntry }), []],
    ['out in another way, and ours', member('out', { entry: ourEntry, isOtherHand: () => true }), ['changed']],
    ['in, and ours', member('in', { entry: ourEntry }), ['put_back']],
    ['down, and ours', member('down', { entry: ourEntry }), ['put_back']],
    ['missing, and ours', member('missing', { entry: ourEntry }), ['removed']],
    ['unknown, and not ours', member(undefined), []],
    ['unknown, and ours', member(undefined, { entry: ourEntry }), []],
  ])('of a member that is %s', (_, found, kinds) => {
    expect(kindsOf(found)).toEqual(kinds);
  });

  test('is none while a run takes the process out or puts it back', () => {
    expect(driftOf([member('in', { entry: ourEntry })], { ...context, isChanging: true })).toEqual([]);
  });

  test('is none while an entry is so young that the pool may not have been told', () => {
    const nowMs = Date.parse(ourEntry.at) + 1_000;

    expect(driftOf([member('in', { entry: ourEntry })], { nowMs, isChanging: false })).toEqual([]);
  });

  test('is told although the clock was set back', () => {
    const nowMs = Date.parse(ourEntry.at) - 3_600_000;

    expect(driftOf([member('in', { entry: ourEntry })], { nowMs, isChanging: false })).toHaveLength(1);
  });

  test('says what the other addresses of the pool say otherwise', () => {
    const [drift] = driftOf([member('out'), member('in', { address: 'pool-b' })], context);

    expect(drift).toEqual({
      kind: 'taken_out',
      pool: 'lb',
      address: 'pool-a',
      member: 'app/web_00',
      text: 'app/web_00 at pool-a is OUT, not by drainctl; but IN at pool-b',
    });
  });
});

describe('of a HAProxy', () => {
  const then = { adminState: 0, setTo: ['drain'] };

  test.each([
    ['our drain', then, 8, false],
    ["an operator's maintenance over our drain", then, 9, true],
    ["an operator's maintenance instead of our drain", then, 1, true],
    ['our own maintenance after a while', { adminState: 0, setTo: ['drain', 'maint'] }, 1, false],
    ['the maintenance that it was in before', { adminState: 1, setTo: ['drain'] }, 1, false],
    ['something that is not readable', 'rubbish', 1, false],
  ])('%s', (_, before, adminState, expected) => {
    expect(isOtherHand(before, { adminState, setTo: ['drain'] })).toBe(expected);
  });
});

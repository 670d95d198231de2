import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  beforeOf,
  type DepoolPolicy,
  depoolTarget,
  hasReached,
  placementOf,
  readBefore,
  repoolTarget,
} from '../../../../src/pools/haproxy/decisions.ts';

const drain: DepoolPolicy = { depool: 'drain', maintAfterMs: undefined };
const drainThenMaint: DepoolPolicy = { depool: 'drain', maintAfterMs: 20_000 };
const maint: DepoolPolicy = { depool: 'maint', maintAfterMs: undefined };
const [FMAINT, IMAINT, CMAINT, FDRAIN, IDRAIN, RMAINT, HMAINT] = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40];

function server(adminState: number, operState = 2, weight = 1) {
  return { adminState, operState, weight };
}

describe('placementOf', () => {
  test.each([
    ['running', server(0), 'UP', 'in'],
    ['in slow start', server(0, 1), 'UP', 'in'],
    ['about to be found down', server(0), 'UP 1/3', 'in'],
    ['without checks', server(0), 'no check', 'in'],
    ['enabled since the configuration disabled it', server(CMAINT), 'no check', 'in'],
    ['whose name was set on the socket', server(HMAINT), 'UP', 'in'],
    ['with no statistics', server(0), undefined, 'in'],
    ['found down', server(0, 0), 'DOWN', 'down'],
    ['about to be found up', server(0, 0), 'DOWN 1/2', 'down'],
    ['that says 404', server(0, 3), 'NOLB', 'down'],
    ['that says 404, with no statistics', server(0, 3), undefined, 'down'],
    ['whose name does not resolve', server(RMAINT, 0), 'MAINT (resolution)', 'down'],
    ['of a status that nobody knows', server(0), 'FULL', 'down'],
    ['drained', server(FDRAIN), 'DRAIN', 'out'],
    ['drained and found down', server(FDRAIN, 0), 'DOWN', 'out'],
    ['drained and unresolved', server(FDRAIN | RMAINT, 0), 'MAINT (resolution)', 'out'],
    ['drained by its agent', server(0), 'DRAIN (agent)', 'out'],
    ['that tracks a drained one', server(IDRAIN), 'DRAIN', 'out'],
    ['in maintenance', server(FMAINT, 0), 'MAINT', 'out'],
    ['that tracks one in maintenance', server(IMAINT, 0), 'MAINT (via a/b)', 'out'],
    ['of weight 0', server(0, 2, 0), 'UP', 'out'],
  ] as const)('a server %s', (_, state, status, placement) => {
    expect(placementOf(state, status)).toBe(placement);
  });
});

describe('depoolTarget', () => {
  test.each([
    ['a server that is in', server(0), drain, 0, 'drain'],
    ['a server that is in, with depool: maint', server(0), maint, 0, 'maint'],
    ['a server found down', server(0, 0), drain, 0, 'drain'],
    ['a server that does not resolve', server(RMAINT, 0), drain, 0, 'drain'],
    ['a drained one', server(FDRAIN), drain, 1e9, undefined],
    ['a drained one, with depool: maint', server(FDRAIN), maint, 0, undefined],
    ['one that tracks a drained one', server(IDRAIN), drain, 0, undefined],
    ['one of weight 0', server(0, 2, 0), drain, 0, undefined],
    ['one in maintenance', server(FMAINT | CMAINT, 0), drain, 0, undefined],
    ['one that tracks one in maintenance', server(IMAINT, 0), drainThenMaint, 1e9, undefined],
    ['a drained one before maint_after', server(FDRAIN), drainThenMaint, 19_999, undefined],
    ['a drained one after maint_after', server(FDRAIN), drainThenMaint, 20_000, 'maint'],
    ['one that is back in after maint_after', server(0), drainThenMaint, 20_000, 'maint'],
    ['one in maintenance after maint_after', server(FMAINT), drainThenMaint, 1e9, undefined],
  ] as const)('%s', (_, state, policy, outForMs, target) => {
    expect(depoolTarget(state, policy, outForMs)).toBe(target);
  });
});

describe('repoolTarget', () => {
  const stateBefore = (adminState: number) => ({ adminState, setTo: [] });

  test.each([
    ['our drain of one that was ready', FDRAIN, 0, drain, 'ready'],
    ['our maintenance of one that was ready', FMAINT, 0, maint, 'ready'],
    ['our drain that became maintenance', FMAINT, 0, drainThenMaint, 'ready'],
    ['our maintenance of one that was drained', FMAINT, FDRAIN, drainThenMaint, 'drain'],
    ['our drain, after a reload, of one that was in maintenance', FDRAIN, FMAINT, drain, 'maint'],
    ['our drain of one that does not resolve', FDRAIN | RMAINT, RMAINT, drain, 'ready'],
    ['one that is ready again already', 0, 0, drain, undefined],
    ["an operator's drain from before", FDRAIN, FDRAIN, drain, undefined],
    ["an operator's maintenance from before", FMAINT | CMAINT, FMAINT | CMAINT, drain, undefined],
    ["an operator's maintenance since", FMAINT, 0, drain, undefined],
    ["an operator's drain since", FDRAIN, 0, maint, undefined],
    ['one that was in maintenance and that an operator has enabled since', 0, FMAINT, drain, undefined],
    ['one that tracks a drained one', IDRAIN, 0, drain, undefined],
  ] as const)('%s', (_, now, then, policy, target) => {
    expect(repoolTarget(server(now), stateBefore(then), policy)).toBe(target);
  });

  test('heeds what the policy of that time set', () => {
    const written = readBefore(beforeOf(server(0), maint));
    expect(written && repoolTarget(server(FMAINT), written, drain)).toBe('ready');
  });

  test('undoes whatever depoolTarget does', () => {
    const bits = fc.integer({ min: 0, max: 0x7f }).filter((state) => (state & FMAINT) === 0 || (state & FDRAIN) === 0);
    const policies = fc.constantFrom(drain, maint, drainThenMaint);
    fc.assert(
      fc.property(bits, policies, fc.nat(40_000), (adminState, policy, outForMs) => {
        const target = depoolTarget(server(adminState), policy, outForMs);
        if (target === undefined) return;
        const forced = target === 'maint' ? FMAINT : FDRAIN;
        const now = server((adminState & ~(FMAINT | FDRAIN)) | forced);
        const back = repoolTarget(now, stateBefore(adminState), policy);
        expect(hasReached(server(adminState), back ?? target)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('readBefore', () => {
  test('takes a member that was missing for ready', () => {
    expect(readBefore(null)).toEqual({ adminState: 0, setTo: [] });
  });

  test('reads what beforeOf wrote', () => {
    const written = JSON.parse(JSON.stringify(beforeOf(server(FDRAIN), drainThenMaint)));
    expect(readBefore(written)).toEqual({ adminState: FDRAIN, setTo: ['drain', 'maint'] });
  });

  test('leaves out targets that it does not know', () => {
    expect(readBefore({ adminState: 0, setTo: ['drain', 'gone', 3] })).toEqual({ adminState: 0, setTo: ['drain'] });
  });

  test.each([[3], ['ready'], [[]], [{}], [{ adminState: -1 }], [{ adminState: 1.5 }], [{ adminState: '0' }]])(
    '%j is not ours',
    (value) => {
      expect(readBefore(value)).toBeUndefined();
    },
  );
});

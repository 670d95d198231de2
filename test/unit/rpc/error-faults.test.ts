import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DrainctlError, type ErrorCode, errorCatalogue } from '../../../src/errors.ts';
import { errorNumbers, errorOf, faultOf, toFault } from '../../../src/rpc/error-faults.ts';
import { RpcFault } from '../../../src/rpc/rpc.ts';
import { supervisorFaults } from '../../../src/supervisor/faults.ts';

const codes = Object.keys(errorCatalogue) as ErrorCode[];

describe('the numbers of the error codes', () => {
  test('are there for every code of the catalogue, and for no other', () => {
    expect(Object.keys(errorNumbers).sort()).toStrictEqual([...codes].sort());
  });

  test('are each given once', () => {
    expect(new Set(Object.values(errorNumbers)).size).toBe(codes.length);
  });

  test('keep clear of those of supervisord', () => {
    const ours = codes.map((code) => faultOf(new DrainctlError(code, '')).faultCode);
    expect(Math.min(...ours)).toBeGreaterThan(Math.max(...Object.values(supervisorFaults)));
  });

  test('stay what they were', () => {
    expect(errorNumbers).toMatchObject({ USAGE: 1, POOL_REFUSED: 14, DEADLINE_PASSED: 20, INTERNAL: 30 });
  });
});

describe('an error', () => {
  test('comes back from its fault with code, message and hint', () => {
    const lines = fc.string({ unit: fc.constantFrom('a', ' ', '\n', ':', 'é') });
    fc.assert(
      fc.property(fc.constantFrom(...codes), lines, lines, (code, message, anyHint) => {
        const hint = anyHint.trimStart();
        const back = errorOf(faultOf(new DrainctlError(code, message, { hint })));
        expect(back?.toJSON()).toStrictEqual({ code, message, hint, details: {} });
      }),
      { numRuns: 2_000 },
    );
  });

  test('is readable in the fault', () => {
    const fault = faultOf(new DrainctlError('POOL_REFUSED', 'HAProxy refused', { hint: 'Set level admin.' }));
    expect(fault).toStrictEqual(new RpcFault(1014, 'POOL_REFUSED: HAProxy refused\nSet level admin.'));
  });

  test.each([
    ['of supervisord', new RpcFault(10, 'BAD_NAME: web')],
    ['of a newer drainctl', new RpcFault(1999, 'SOMETHING_NEW: text')],
    ['of another program that uses the number', new RpcFault(1001, 'text')],
  ])('is not made from a fault %s', (_, fault) => {
    expect(errorOf(fault)).toBeUndefined();
  });
});

describe('what a method throws', () => {
  test('stays a fault where it is one', () => {
    const fault = new RpcFault(70, 'NOT_RUNNING');
    expect(toFault(fault)).toBe(fault);
  });

  test('becomes INTERNAL where it is no error of ours', () => {
    expect(toFault(new TypeError('x is undefined'))).toMatchObject({
      faultCode: 1030,
      message: expect.stringMatching(/^INTERNAL: unexpected: x is undefined\n/),
    });
  });
});

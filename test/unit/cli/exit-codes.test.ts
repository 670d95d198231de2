import { describe, expect, test } from 'vitest';
import { type ExitCode, exitCodeOfError, exitCodeOfRun, exitCodes } from '../../../src/cli/exit-codes.ts';
import type { RunOutcome } from '../../../src/drain/api.ts';
import { type ErrorCode, errorCatalogue } from '../../../src/errors.ts';

/** As the design's table has it: every code that is not here fails with 1. */
const special: Partial<Record<ErrorCode, ExitCode>> = {
  USAGE: 2,
  CONFIG_UNREADABLE: 2,
  CONFIG_INVALID: 2,
  NO_SUCH_PROCESS: 2,
  SUPERVISOR_CONFIG: 2,
  TOO_FEW_AVAILABLE: 4,
  CANCELLED: 4,
  SUPERVISOR_UNREACHABLE: 5,
  SUPERVISOR_UNAUTHORIZED: 5,
  SUPERVISOR_SHUTTING_DOWN: 5,
};

// as: Object.keys widens to string
const codes = Object.keys(errorCatalogue) as ErrorCode[];

test('the statuses are 0 to 5, each with one meaning', () => {
  expect(Object.values(exitCodes)).toEqual([0, 1, 2, 3, 4, 5]);
});

test('every special case is in the catalogue', () => {
  expect(codes).toEqual(expect.arrayContaining(Object.keys(special)));
});

describe('an error', () => {
  test.each(codes.map((code) => [code, special[code] ?? 1] as const))('%s exits with %i', (code, expected) => {
    expect(exitCodeOfError(code)).toBe(expected);
  });

  test.each(codes)('%s never exits as if all were done', (code) => {
    expect(exitCodeOfError(code)).not.toBe(exitCodes.done);
  });
});

describe('a run', () => {
  test.each<[RunOutcome, string, ExitCode]>([
    ['done', '', 0],
    ['failed', '', 1],
    ['failed', 'POOL_UNREACHABLE', 1],
    ['failed', 'NO_SUCH_PROCESS', 2],
    ['failed', 'SUPERVISOR_UNREACHABLE', 5],
    ['failed', 'A_CODE_OF_A_LATER_SIDECAR', 1],
    ['cut', '', 3],
    ['held', 'DEADLINE_PASSED', 4],
    ['cancelled', 'CANCELLED', 4],
  ])('that is %s with "%s" exits with %i', (outcome, code, expected) => {
    expect(exitCodeOfRun(outcome, code, false)).toBe(expected);
  });

  test('that has lost a process half-way does not exit as if nothing was touched', () => {
    expect(exitCodeOfRun('failed', 'NO_SUCH_PROCESS', true)).toBe(exitCodes.failed);
  });
});

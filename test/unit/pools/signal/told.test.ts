import { describe, expect, test } from 'vitest';
import { handlingOf, type Instance } from '../../../../src/pools/signal/instance.ts';
import { isToldOff, mayBeToldOff, type Told } from '../../../../src/pools/signal/told.ts';

const instance: Instance = { pid: 7, startTicks: 100, startedAtMs: 1_000 };
const later: Instance = { pid: 7, startTicks: 900, startedAtMs: 9_000 };
const elsewhere: Instance = { pid: 7, startTicks: undefined, startedAtMs: undefined };
const told = (what: Told['what'], of = instance): Told => ({ instance: of, what, atMs: 5_000 });

describe('whether a process was told to take no more work', () => {
  test.each([
    ['we told it, and the journal has it', told('told'), instance, 4_000, true],
    ['we told it, and another drainctl has put it back', told('told'), instance, undefined, false],
    ['telling it failed', told('unsure'), instance, 4_000, false],
    ['telling it failed, but another drainctl has told it since', told('unsure'), instance, 6_000, true],
    ['we told an earlier start with the same pid', told('told'), later, 4_000, false],
    ['the journal alone has it', undefined, instance, 4_000, true],
    ['the journal has an earlier start', undefined, later, 4_000, false],
    ['nothing is known', undefined, instance, undefined, false],
    ['the kernel does not tell its start, and we told it', told('told', elsewhere), elsewhere, 4_000, true],
    ['the kernel does not tell its start', undefined, elsewhere, 4_000, false],
  ])('%s', (_, known, of, takenOutAtMs, expected) => {
    expect(isToldOff(known, of, takenOutAtMs)).toBe(expected);
  });
});

describe('whether a process may be waiting for the signal to go on', () => {
  test.each([
    ['we told it', told('told'), instance, 4_000, true],
    ['telling it failed', told('unsure'), instance, 4_000, true],
    ['it was started since', told('told'), later, 4_000, false],
    ['it was started since the journal has it', undefined, later, 4_000, false],
    ['the journal has it', undefined, instance, 4_000, true],
    ['its start is not known', undefined, elsewhere, 4_000, true],
  ])('%s', (_, known, of, takenOutAtMs, expected) => {
    expect(mayBeToldOff(known, of, takenOutAtMs)).toBe(expected);
  });
});

describe('what a process does with a signal', () => {
  // TSTP is 20, USR1 10, HUP 1: bits 19, 9 and 0.
  const status = 'Name:\tworker\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000001\nSigCgt:\t0000000000080200\n';

  test.each([
    ['TSTP', 'caught'],
    ['USR1', 'caught'],
    ['HUP', 'ignored'],
    ['USR2', 'default'],
  ])('%s is %s', (name, handling) => {
    expect(handlingOf(status, name)).toBe(handling);
  });

  test('is not known where the kernel does not tell', () => {
    expect(handlingOf('', 'TSTP')).toBeUndefined();
  });
});

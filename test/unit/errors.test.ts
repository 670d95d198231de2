import { describe, expect, test } from 'vitest';
import { DrainctlError, errorCatalogue, isDrainctlError, toDrainctlError } from '../../src/errors.ts';

describe('the catalogue', () => {
  test.each(Object.entries(errorCatalogue))('%s is a name in capitals with a sentence', (code, sentence) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(sentence).toMatch(/^\w.+\.$/);
  });
});

describe('DrainctlError', () => {
  test('has an empty hint and no details where none are given', () => {
    const error = new DrainctlError('INTERNAL', 'odd');

    expect(error).toMatchObject({ code: 'INTERNAL', message: 'odd', hint: '', details: {} });
    expect(error).not.toHaveProperty('cause');
  });

  test('keeps its cause', () => {
    const cause = new Error('below');

    expect(new DrainctlError('INTERNAL', 'odd', { cause }).cause).toBe(cause);
  });

  test('in JSON is code, message, hint and details, without the cause', () => {
    const error = new DrainctlError('POOL_REFUSED', 'no', { hint: 'do', details: { line: 3 }, cause: new Error('x') });

    expect(JSON.parse(JSON.stringify({ error }))).toEqual({
      error: { code: 'POOL_REFUSED', message: 'no', hint: 'do', details: { line: 3 } },
    });
  });
});

describe('isDrainctlError', () => {
  const error = new DrainctlError('POOL_REFUSED', 'no');

  test.each([
    ['one of ours', error, undefined, true],
    ['one of ours of that code', error, 'POOL_REFUSED', true],
    ['one of ours of another code', error, 'INTERNAL', false],
    ['another error', new Error('no'), undefined, false],
    ['an object that looks like one', { code: 'POOL_REFUSED', message: 'no' }, 'POOL_REFUSED', false],
  ] as const)('for %s', (_, thrown, code, expected) => {
    expect(isDrainctlError(thrown, code)).toBe(expected);
  });
});

describe('toDrainctlError', () => {
  test('gives one of ours back as it is', () => {
    const error = new DrainctlError('POOL_REFUSED', 'no');

    expect(toDrainctlError(error)).toBe(error);
  });

  test.each([
    ['an error', new TypeError('x is not a function'), 'unexpected: x is not a function'],
    ['a text', 'boom', 'unexpected: boom'],
    ['null', null, 'unexpected: null'],
  ])('makes %s a bug of ours that keeps its cause', (_, thrown, message) => {
    expect(toDrainctlError(thrown)).toMatchObject({
      code: 'INTERNAL',
      message,
      cause: thrown,
      hint: expect.stringContaining('report'),
    });
  });
});

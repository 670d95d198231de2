import { expect, test } from 'vitest';
import { lazy } from '../../src/lazy.ts';

test('what was loaded once is not loaded again', async () => {
  let loads = 0;
  const load = lazy(async () => ++loads);

  expect(await Promise.all([load(), load()])).toEqual([1, 1]);
  expect(await load()).toBe(1);
});

test('what could not be loaded is tried again', async () => {
  const answers = [Promise.reject(new Error('EMFILE')), Promise.resolve('loaded')];
  const load = lazy(async () => answers.shift());

  await expect(load()).rejects.toThrow('EMFILE');

  expect(await load()).toBe('loaded');
});

import { expect, test } from 'vitest';
import { tryLock } from '../../../src/drain/lock.ts';
import { SharedLock } from '../../../src/drain/shared-lock.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const nothing = () => {};

test('is joined by who comes later in the same process, and free when the last has left', async () => {
  const { path } = temporaryDirectory();
  const shared = new SharedLock(path);
  const [first, second] = [await shared.try('restart', nothing), await shared.try('depool', nothing)];

  await first?.release();
  const inBetween = await tryLock(path, 'other', nothing);
  await second?.release();
  const after = await tryLock(path, 'other', nothing);

  await after?.release();
  expect([first?.held, second?.held, inBetween, after?.held]).toEqual([true, true, undefined, true]);
});

test('is not had while somebody else has it', async () => {
  const { path } = temporaryDirectory();
  const other = await tryLock(path, 'other', nothing);
  const shared = new SharedLock(path);

  const lock = await shared.try('depool', nothing);

  await other?.release();
  expect(lock).toBeUndefined();
});

test('can be taken at the moment that it is freed', async () => {
  const { path } = temporaryDirectory();
  const shared = new SharedLock(path);
  const first = await shared.try('restart', nothing);

  const [, second] = await Promise.all([first?.release(), shared.try('depool', nothing)]);

  await second?.release();
  expect(second?.held).toBe(true);
});

test('a release that comes twice frees nothing of somebody else', async () => {
  const { path } = temporaryDirectory();
  const shared = new SharedLock(path);
  const [first, second] = [await shared.try('restart', nothing), await shared.try('depool', nothing)];

  await first?.release();
  await first?.release();

  const other = await tryLock(path, 'other', nothing);
  await second?.release();
  expect(other).toBeUndefined();
});

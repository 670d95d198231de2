import { expect, test } from 'vitest';
import { Turns } from '../../../src/drain/turns.ts';

const { signal } = new AbortController();

test('turns on one key come in the order in which they were asked for', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const work = async (name: string, keys: readonly string[]) => {
    const end = await turns.take(keys, signal);
    log.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    log.push(`${name} ends`);
    end();
  };

  await Promise.all([work('a', ['x']), work('b', ['x', 'y']), work('c', ['y'])]);

  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('another key is not waited for', async () => {
  const turns = new Turns();
  await turns.take(['x'], signal);

  await expect(turns.take(['y'], signal)).resolves.toBeTypeOf('function');
});

test('one that is cancelled while it waits leaves the order as it was', async () => {
  const turns = new Turns();
  const controller = new AbortController();
  const endFirst = await turns.take(['x'], signal);
  const second = turns.take(['x'], controller.signal);
  let isThird = false;
  const third = turns.take(['x'], signal).then(() => {
    isThird = true;
  });

  controller.abort(new Error('cancelled'));
  await expect(second).rejects.toThrow('cancelled');
  await new Promise(setImmediate);
  expect(isThird).toBe(false);
  endFirst();

  await third;
});

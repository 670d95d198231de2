import { afterEach, expect, test, vi } from 'vitest';
import { Shared } from '../../../../src/sidecar/http/shared.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('who asks while the work is under way gets its result', async () => {
  let begun = 0;
  let finish = () => {};
  const shared = new Shared(0, () => {
    begun += 1;
    return new Promise<number>((resolve) => {
      finish = () => resolve(begun);
    });
  });

  const answers = [shared.get(), shared.get(), shared.get()];
  finish();

  expect(await Promise.all(answers)).toEqual([1, 1, 1]);
});

test('a result serves for a while, and then the work is done anew', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  let begun = 0;
  const shared = new Shared(200, async () => {
    begun += 1;
    return begun;
  });

  const first = await shared.get();
  vi.advanceTimersByTime(199);
  const soonAfter = await shared.get();
  vi.advanceTimersByTime(1);

  expect([first, soonAfter, await shared.get()]).toEqual([1, 1, 2]);
});

test('a failure is told to all who asked, and is not kept', async () => {
  let begun = 0;
  const shared = new Shared(60_000, async () => {
    begun += 1;
    if (begun === 1) throw new Error('the first one fails');
    return begun;
  });

  const first = await Promise.allSettled([shared.get(), shared.get()]);

  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await shared.get()).toBe(2);
});

import { describe, expect, test } from 'vitest';
import { Batch, type BatchOptions } from '../../../src/drain/batch.ts';
import { type Barrier, barrier } from '../../support/doubles/script.ts';

const { signal } = new AbortController();

/** A batch that doubles numbers, and notes its calls. */
function doubling(options: BatchOptions = {}, isBad: (item: number) => boolean = () => false) {
  const calls: (readonly number[])[] = [];
  const batch = new Batch(async (items: readonly number[]) => {
    calls.push(items);
    if (items.some(isBad)) throw new Error(`bad: ${items.join(' ')}`);
    return items.map((item) => 2 * item);
  }, options);
  return { batch, calls };
}

/** A batch whose calls wait in a barrier, or until their signal is aborted. */
function waiting(options: BatchOptions = {}): { batch: Batch<number, number>; gate: Barrier; reasons: unknown[] } {
  const gate = barrier();
  const reasons: unknown[] = [];
  const batch = new Batch(async (items: readonly number[], callSignal: AbortSignal) => {
    callSignal.addEventListener('abort', () => reasons.push(callSignal.reason));
    await gate.script('', callSignal);
    return items;
  }, options);
  return { batch, gate, reasons };
}

describe('calls of one turn', () => {
  test('go out together, and each gets its own result', async () => {
    const { batch, calls } = doubling();

    const results = await Promise.all([1, 2, 3].map((item) => batch.add(item, signal)));

    expect(results).toEqual([2, 4, 6]);
    expect(calls).toEqual([[1, 2, 3]]);
  });

  test('do not wait for the calls of an earlier turn', async () => {
    const { batch, calls } = doubling();

    await batch.add(1, signal);
    await batch.add(2, signal);

    expect(calls).toEqual([[1], [2]]);
  });

  test('that come while a call is under way go out without waiting for it', async () => {
    const { batch, gate } = waiting();
    const first = batch.add(1, signal);
    await gate.reached;
    const second = batch.add(2, signal);
    gate.open();

    await expect(Promise.all([first, second])).resolves.toEqual([1, 2]);
  });
});

describe('calls that are not to be joined', () => {
  test('go out one by one, and one that fails leaves the others alone', async () => {
    const { batch, calls } = doubling({ joins: false }, (item) => item === 2);

    const results = await Promise.allSettled([1, 2, 3].map((item) => batch.add(item, signal)));

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(calls).toEqual([[1], [2], [3]]);
  });
});

describe('an error', () => {
  test('is for everyone', async () => {
    const { batch, calls } = doubling({}, (item) => item === 2);

    const results = await Promise.allSettled([1, 2].map((item) => batch.add(item, signal)));

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toHaveLength(1);
  });

  test('that may lie with one item leaves the others unharmed', async () => {
    const { batch, calls } = doubling({ splits: () => true }, (item) => item === 2);

    const results = await Promise.allSettled([1, 2, 3].map((item) => batch.add(item, signal)));

    expect(results).toEqual([
      { status: 'fulfilled', value: 2 },
      { status: 'rejected', reason: new Error('bad: 2') },
      { status: 'fulfilled', value: 6 },
    ]);
    expect(calls).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  test('of a single item is not tried again', async () => {
    const { batch, calls } = doubling({ splits: () => true }, () => true);

    await expect(batch.add(1, signal)).rejects.toThrow('bad: 1');
    expect(calls).toHaveLength(1);
  });
});

describe('a caller that is cancelled', () => {
  test('is let go at once, and the others get their results', async () => {
    const { batch, gate, reasons } = waiting();
    const controller = new AbortController();
    const gone = batch.add(1, controller.signal);
    const stays = batch.add(2, signal);
    await gate.reached;

    controller.abort('cancelled');
    await expect(gone).rejects.toBe('cancelled');
    gate.open();

    await expect(stays).resolves.toBe(2);
    expect(reasons).toEqual([]);
  });

  test('aborts the call when it was the last one', async () => {
    const { batch, gate, reasons } = waiting();
    const controller = new AbortController();
    const results = Promise.allSettled([batch.add(1, controller.signal), batch.add(2, controller.signal)]);
    await gate.reached;

    controller.abort('cancelled');
    await results;
    gate.open();

    expect(reasons).toEqual(['cancelled']);
  });

  test('before its call went out is not part of it', async () => {
    const { batch, calls } = doubling();
    const controller = new AbortController();
    const gone = batch.add(1, controller.signal);
    const stays = batch.add(2, signal);

    controller.abort('cancelled');

    await expect(gone).rejects.toBe('cancelled');
    await expect(stays).resolves.toBe(4);
    expect(calls).toEqual([[2]]);
  });

  test('before it asked is not part of anything', async () => {
    const { batch, calls } = doubling();

    await expect(batch.add(1, AbortSignal.abort('gone'))).rejects.toBe('gone');
    expect(calls).toEqual([]);
  });

  test('of a call that changes something learns how it ended', async () => {
    const { batch, gate, reasons } = waiting({ hasEffect: true });
    const controller = new AbortController();
    const result = batch.add(1, controller.signal);
    await gate.reached;

    controller.abort('cancelled');
    gate.open();

    await expect(result).resolves.toBe(1);
    expect(reasons).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { type RetryOptions, retry } from '../../../src/drain/retry.ts';
import { DrainctlError } from '../../../src/errors.ts';
import { Deadline, monotonicMs } from '../../../src/time.ts';

const unreachable = () => new DrainctlError('POOL_UNREACHABLE', 'no answer');

function options(given: Partial<RetryOptions> = {}): RetryOptions {
  return {
    deadline: new Deadline(5_000),
    signal: new AbortController().signal,
    mayHelp: (error) => error.code === 'POOL_UNREACHABLE',
    ...given,
  };
}

/** Work that fails that often, and notes when it was tried. */
function failing(count: number): { work: () => Promise<string>; triedAtMs: number[] } {
  const triedAtMs: number[] = [];
  const work = async () => {
    triedAtMs.push(monotonicMs());
    if (triedAtMs.length <= count) throw unreachable();
    return 'done';
  };
  return { work, triedAtMs };
}

describe('retry', () => {
  test('gives the result of the first attempt that works', async () => {
    const { work, triedAtMs } = failing(2);

    await expect(retry(options(), work)).resolves.toBe('done');
    expect(triedAtMs).toHaveLength(3);
  });

  test('does not try again where that can not help', async () => {
    const { work, triedAtMs } = failing(1);

    await expect(retry(options({ mayHelp: () => false }), work)).rejects.toMatchObject({ code: 'POOL_UNREACHABLE' });
    expect(triedAtMs).toHaveLength(1);
  });

  test('makes one attempt although the deadline has passed', async () => {
    const { work, triedAtMs } = failing(9);

    await expect(retry(options({ deadline: new Deadline(0) }), work)).rejects.toMatchObject({
      code: 'POOL_UNREACHABLE',
    });
    expect(triedAtMs).toHaveLength(1);
  });

  test('ends soon after the deadline with the last error', async () => {
    const startedAtMs = monotonicMs();

    await expect(retry(options({ deadline: new Deadline(150) }), failing(99).work)).rejects.toMatchObject({
      message: 'no answer',
    });
    // 99 attempts would take three minutes.
    expect(monotonicMs() - startedAtMs).toBeLessThan(10_000);
  });

  test('ends with the reason of the signal, in the middle of a pause', async () => {
    const controller = new AbortController();
    const { work, triedAtMs } = failing(99);
    const result = retry(
      options({ signal: controller.signal, onFirstFailure: () => controller.abort('cancelled') }),
      work,
    );

    await expect(result).rejects.toBe('cancelled');
    expect(triedAtMs).toHaveLength(1);
  });

  test('ends with the reason of the signal, not with the error that an abort caused', async () => {
    const controller = new AbortController();
    const work = async () => {
      controller.abort('cancelled');
      throw unreachable();
    };

    await expect(retry(options({ signal: controller.signal }), work)).rejects.toBe('cancelled');
  });

  test('tells of the first failure only', async () => {
    const told: string[] = [];

    await retry(options({ onFirstFailure: (error) => told.push(error.code) }), failing(2).work);

    expect(told).toEqual(['POOL_UNREACHABLE']);
  });

  test('pauses longer each time: at least 50, then 100, then 200 ms', async () => {
    const { work, triedAtMs } = failing(3);

    await retry(options(), work);

    const pauses = triedAtMs.slice(1).map((ms, index) => ms - (triedAtMs[index] ?? 0));
    // A timer of Node may fire a millisecond early.
    expect(pauses.map((pauseMs, index) => pauseMs >= 50 * 2 ** index - 2)).toEqual([true, true, true]);
  });

  test('takes a bug for a bug, and does not try again', async () => {
    const work = () => Promise.reject(new TypeError('x is not a function'));

    await expect(retry(options(), work)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

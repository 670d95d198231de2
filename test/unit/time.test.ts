import { describe, expect, test } from 'vitest';
import { abandonable, Deadline, monotonicMs, sleep, withTimeout } from '../../src/time.ts';

const never = new Promise<never>(() => {});

describe('sleep', () => {
  test('takes as long as it is told', async () => {
    const startedAtMs = monotonicMs();

    await sleep(20);

    // A timer of Node may fire a millisecond early.
    expect(monotonicMs() - startedAtMs).toBeGreaterThanOrEqual(19);
  });

  test('rejects with the reason of a signal that is aborted already', async () => {
    await expect(sleep(10_000, AbortSignal.abort('stop'))).rejects.toBe('stop');
  });

  test('rejects with the reason as soon as the signal is aborted', async () => {
    const controller = new AbortController();
    const slept = sleep(10_000, controller.signal);

    controller.abort('stop');

    await expect(slept).rejects.toBe('stop');
  });

  test('of less than nothing is over at once', async () => {
    await expect(sleep(-5)).resolves.toBeUndefined();
  });

  test('of longer than a timer can wait does not end at once', async () => {
    const controller = new AbortController();
    const slept = sleep(2 ** 40, controller.signal);
    const first = await Promise.race([slept.catch(() => 'aborted'), sleep(20).then(() => 'still asleep')]);
    controller.abort();

    expect(first).toBe('still asleep');
  });
});

describe('Deadline', () => {
  test('of 0 ms has passed', () => {
    expect(new Deadline(0)).toMatchObject({ passed: true, remainingMs: 0 });
  });

  test('counts down', async () => {
    const deadline = new Deadline(10_000);
    await sleep(10);

    expect(deadline.passed).toBe(false);
    expect(deadline.remainingMs).toBeLessThan(10_000);
    expect(deadline.elapsedMs).toBeGreaterThan(0);
  });

  test('without an end never passes', () => {
    expect(new Deadline(Number.POSITIVE_INFINITY)).toMatchObject({
      passed: false,
      remainingMs: Number.POSITIVE_INFINITY,
    });
  });
});

describe('withTimeout', () => {
  const late = () => new Error('too late');

  test('gives the result of the work', async () => {
    await expect(withTimeout(1_000, undefined, late, async () => 42)).resolves.toBe(42);
  });

  test('rejects at once when the time is up, although the work does not heed its signal', async () => {
    await expect(withTimeout(10, undefined, late, () => never)).rejects.toThrow('too late');
  });

  test('aborts the work with the error of the time-out', async () => {
    let seen: unknown;
    const work = async (signal: AbortSignal) => {
      signal.addEventListener('abort', () => {
        seen = signal.reason;
      });
      return never;
    };

    await expect(withTimeout(10, undefined, late, work)).rejects.toThrow('too late');

    expect(seen).toMatchObject({ message: 'too late' });
  });

  test('rejects with the reason of the caller when that comes first', async () => {
    const controller = new AbortController();
    const result = withTimeout(10_000, controller.signal, late, () => never);

    controller.abort('cancelled');

    await expect(result).rejects.toBe('cancelled');
  });

  test('does not begin for a caller that has gone', async () => {
    let begun = false;
    const work = async () => {
      begun = true;
    };

    await expect(withTimeout(10, AbortSignal.abort('gone'), late, work)).rejects.toBe('gone');
    expect(begun).toBe(false);
  });

  test('passes on the error of the work', async () => {
    await expect(withTimeout(1_000, undefined, late, () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
  });
});

describe('abandonable', () => {
  test('gives the result of the work', async () => {
    await expect(abandonable(Promise.resolve(42), new AbortController().signal)).resolves.toBe(42);
  });

  test('rejects with the reason as soon as the signal is aborted', async () => {
    const controller = new AbortController();
    const result = abandonable(never, controller.signal);

    controller.abort('cancelled');

    await expect(result).rejects.toBe('cancelled');
  });

  test('rejects for a caller that has gone, and takes the failure of the work as seen', async () => {
    const failing = Promise.reject(new Error('nobody looks at this'));

    await expect(abandonable(failing, AbortSignal.abort('gone'))).rejects.toBe('gone');
  });
});

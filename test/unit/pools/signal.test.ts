import { describe, expect, test } from 'vitest';
import { signal } from '../../../src/pools/signal.ts';

describe('options of signal', () => {
  test.each([
    [{}, 'TSTP'],
    [{ signal: 'SIGUSR1' }, 'USR1'],
    [{ signal: 'usr2' }, 'USR2'],
  ])('%j sends %s', (options, name) => {
    expect(signal.options.parse(options).signal).toBe(name);
  });

  test.each([{ signal: 'NOPE' }, { signal: 'KILL' }, { signal: '' }, { resume: 'STOP' }])('refuse %j', (options) => {
    expect(signal.options.safeParse(options).success).toBe(false);
  });
});

import { describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { openHaproxy } from '../../support/contracts/open-haproxy.ts';
import { startHaproxy } from '../../support/haproxy.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const signal = AbortSignal.timeout(20_000);

describe('what a HAProxy socket allows', () => {
  test.each([
    ['admin', []],
    ['operator', [expect.stringContaining('"level operator"')]],
    ['user', [expect.stringContaining('"level user"')]],
  ] as const)('at level %s is told, and nothing is changed', async (level, messages) => {
    await using haproxy = await startHaproxy({ level, servers: [{ name: 'web_00', port: 1, options: 'no-check' }] });
    const before = await haproxy.serverStates();

    for (const address of [haproxy.socketPath, haproxy.tcpAddress]) {
      const problems = await openHaproxy(address).check?.([], signal);

      expect(problems?.map(({ message }) => message)).toEqual(messages);
    }
    expect(await haproxy.serverStates()).toEqual(before);
  });

  test('can not be told where nobody listens', async () => {
    const pool = openHaproxy(temporaryDirectory().file('nobody.sock'));

    await expect(pool.check?.([], signal)).rejects.toSatisfy((error) => isDrainctlError(error, 'POOL_UNREACHABLE'));
  });
});

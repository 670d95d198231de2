import { describe, expect, test } from 'vitest';
import { expectNoneFailed, startSteadyLoad } from '../../support/acceptance.ts';
import { refusingGuard } from '../../support/refusing-guard.ts';
import { startStack } from '../../support/stack.ts';

describe('a process that does not start', () => {
  test('is not put back, and the command exits with 1', async () => {
    const guard = refusingGuard();
    await using stack = await startStack({
      processes: 2,
      webUnder: guard.under,
      program: { startretries: 0, startsecs: 3 },
    });
    const load = await startSteadyLoad(stack);
    await stack.drainctl(['stop', 'web:web_00']);
    guard.refuse();

    const { exitCode, stdout } = await stack.drainctl(['start', 'web:web_00']);

    await expectNoneFailed(load);
    expect(exitCode, stdout).toBe(1);
    expect(stdout).toContain('web:web_00 did not start');
    expect(stdout).toContain('It stays out of its pools');
    expect((await stack.haproxy.serverStates()).get('web_00')).not.toMatch(/^UP/);
  });

  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('ends a restart of all, %s: the others are not touched', async (_, sidecar) => {
    await using stack = await startStack({
      processes: 2,
      sidecar,
      config: (config) => ({
        ...config,
        programs: { web: { ...config.programs.web, ready: { exec: ['/bin/false'], deadline: '1s' } } },
      }),
    });
    const load = await startSteadyLoad(stack);

    const { exitCode, stdout } = await stack.drainctl(['restart', 'all']);

    const states = await stack.haproxy.serverStates();
    await expectNoneFailed(load);
    expect(exitCode, stdout).toBe(1);
    expect(stdout).toContain('was not ready after 1 s');
    expect(stdout).toContain('Not touched: web:web_01');
    expect(stack.stops().map(({ name, inFlight }) => ({ name, inFlight }))).toEqual([{ name: 'web_00', inFlight: 0 }]);
    expect([states.get('web_00') === 'UP', states.get('web_01') === 'UP']).toEqual([false, true]);
  });
});

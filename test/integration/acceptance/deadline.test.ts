import { describe, expect, test } from 'vitest';
import type { RunDocument } from '../../../src/drain/api.ts';
import {
  expectNoneFailed,
  historyOf,
  startHeldRequest,
  startSteadyLoad,
  statusOf,
  stickyHaproxy,
  waitForServer,
} from '../../support/acceptance.ts';
import { type StackOptions, startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

const twoWithCookie: StackOptions = { processes: 2, haproxy: stickyHaproxy };

const twoOnHold: StackOptions = {
  ...twoWithCookie,
  config: (config) => ({ ...config, defaults: { ...config.defaults, deadline: '1s', on_deadline: 'hold' } }),
};

describe('a deadline of one second with a request that lasts longer', () => {
  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('%s cuts off this one request, counts it and exits with 3', async (_, sidecar) => {
    await using stack = await startStack({ ...twoWithCookie, sidecar });
    const long = await startHeldRequest(stack);
    const load = await startSteadyLoad(stack);

    const { exitCode, stdout, stderr } = await stack.drainctl(['stop', 'web:web_00', '--deadline', '1s', '--json']);

    await waitFor(() => long.result.requests > 0, { what: 'the end of the long request' });
    expect(long.result.failed).toBe(1);
    await long.close();
    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'cut', cut: 1, processes: [{ in_flight_at_stop: 1, cut: 1 }] });
    expect(stack.stops()).toMatchObject([{ name: 'web_00', inFlight: 1 }]);
  });

  test('says so in words, and in the history', async () => {
    await using stack = await startStack(twoWithCookie);
    const long = await startHeldRequest(stack);

    const { exitCode, stdout } = await stack.drainctl(['stop', 'web:web_00', '--deadline', '1s']);

    await long.close();
    expect(exitCode).toBe(3);
    expect(stdout).toContain('work was cut off: 1 request or job');
    const [latest] = await historyOf(stack);
    expect(latest).toMatchObject({ action: 'stop', outcome: 'cut', cut: 1 } satisfies Partial<RunDocument>);
  });

  test('cuts it off in a shutdown too, which goes on', async () => {
    await using stack = await startStack(twoWithCookie);
    const long = await startHeldRequest(stack);

    const { exitCode, stdout } = await stack.drainctl(['shutdown', '--deadline', '1s', '--json']);

    const stillRunning = stack.supervisord.process.running;
    await long.close();
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'cut', cut: 1 });
    expect(stillRunning).toBe(false);
  });

  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('%s with on_deadline hold cuts nothing, leaves it on hold and exits with 4', async (_, sidecar) => {
    await using stack = await startStack({ ...twoOnHold, sidecar });
    const long = await startHeldRequest(stack);
    const load = await startSteadyLoad(stack);

    const stop = await stack.drainctl(['stop', 'web:web_00']);
    const { processes } = await statusOf(stack);
    const { requests, failures } = await long.release();
    const states = await stack.supervisord.states();
    const pool = await stack.drainctl(['pool', 'web:web_00']);
    await waitForServer(stack.haproxy, 'web_00', /^UP$/);

    await expectNoneFailed(load);
    expect({ requests, failures }).toEqual({ requests: 1, failures: [] });
    expect(stop.exitCode, stop.stderr).toBe(4);
    expect(processes[0]).toMatchObject({ name: 'web:web_00', state: 'RUNNING', pool: 'out', held: true });
    expect(processes[1]).toMatchObject({ name: 'web:web_01', state: 'RUNNING', pool: 'in', held: false });
    expect(states.get('web:web_00')).toBe('RUNNING');
    expect(pool.exitCode, pool.stderr).toBe(0);
    expect(stack.stops()).toEqual([]);
  });

  test('with on_deadline hold ends a shutdown with 4, and supervisord runs on', async () => {
    await using stack = await startStack(twoOnHold);
    const long = await startHeldRequest(stack);

    const { exitCode, stdout } = await stack.drainctl(['shutdown']);

    await long.close();
    expect(exitCode, stdout).toBe(4);
    expect((await stack.supervisord.states()).get('web:web_00')).toBe('RUNNING');
    expect(stack.stops().filter(({ name }) => name === 'web_00')).toEqual([]);
  });
});

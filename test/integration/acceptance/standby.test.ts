import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  expectIdleStops,
  expectNoneFailed,
  killSidecar,
  startSteadyLoad,
  statusOf,
  workUntilReleased,
} from '../../support/acceptance.ts';
import { pidOf } from '../../support/damage.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

const name = 'drain-standby:drain-standby';

function standbyLog({ directory }: Stack): string {
  const file = directory.file('drain-standby.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

async function untilGateIsHeld({ supervisord }: Stack): Promise<void> {
  await waitFor(() => supervisord.listenerLog().includes('supervisord is stopping'), { what: 'the gate' });
}

describe('the standby', () => {
  test('goes on where the sidecar was killed while it held the gate: no request fails', async () => {
    const work = workUntilReleased();
    await using stack = await startStack({ processes: 2, standby: true, config: work.config });
    const load = await startSteadyLoad(stack);
    stack.supervisord.process.kill('SIGTERM');
    await untilGateIsHeld(stack);

    await killSidecar(stack);
    await waitFor(() => standbyLog(stack).includes('supervisord is stopping'), { what: 'the second gate' });
    expect(stack.stops()).toEqual([]);
    work.release();
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect(standbyLog(stack)).toContain('the gate opens: gate done: 2 of 2 processes; nothing was cut off');
  });

  test('is the gate where there is no sidecar at all', async () => {
    await using stack = await startStack({ processes: 2, standby: true });
    const load = await startSteadyLoad(stack);
    await stack.supervisord.ctl(['stop', 'drain']);

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
  });

  test('finds nothing to do where the sidecar has drained', async () => {
    await using stack = await startStack({ processes: 2, standby: true });
    const load = await startSteadyLoad(stack);

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect(standbyLog(stack)).toContain('the sidecar has drained everything');
  });

  test('after a reload goes by the sidecar that was started with it, and not by the one before', async () => {
    const work = workUntilReleased();
    work.release();
    await using stack = await startStack({ processes: 2, standby: true, config: work.config });
    await stack.supervisord.ctl(['reload']);
    await waitFor(() => stack.stops().length === 2, { what: 'the stops of the reload' });
    await stack.waitForHealthy();
    const load = await startSteadyLoad(stack);
    work.hold();
    const gates = stack.supervisord.listenerLog().split('supervisord is stopping').length;
    stack.supervisord.process.kill('SIGTERM');
    await waitFor(() => stack.supervisord.listenerLog().split('supervisord is stopping').length > gates, {
      what: 'the gate',
    });

    await killSidecar(stack);
    await waitFor(() => standbyLog(stack).includes('supervisord is stopping'), { what: 'the second gate' });
    work.release();
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expect(stack.stops().map(({ inFlight }) => inFlight)).toEqual([0, 0, 0, 0]);
  });

  test('that alone is stopped leaves at once, and nothing else is touched', async () => {
    await using stack = await startStack({ processes: 2, standby: true });

    await stack.supervisord.ctl(['stop', name]);

    expect(standbyLog(stack)).toContain('only the standby stops');
    expect(await stack.haproxy.serversOut()).toEqual([]);
    expect(stack.stops()).toEqual([]);
  });

  test('is restarted through the sidecar as well, which goes on answering', async () => {
    await using stack = await startStack({ processes: 1, peer: false, standby: true });
    const pid = await pidOf(stack, name);

    const { exitCode, stdout } = await stack.supervisord.ctl(['restart', name], stack.sidecarUrl);

    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'drain-standby: stopped\ndrain-standby: started' });
    expect(await pidOf(stack, name)).not.toBe(pid);
    expect(await stack.haproxy.serversOut()).toEqual([]);
  });

  test('is none of the processes that drainctl works on', async () => {
    await using stack = await startStack({ processes: 2, standby: true });
    const pid = await pidOf(stack, name);

    const { processes } = await statusOf(stack);
    await stack.drainctl(['restart', 'all']);

    expect(processes.map((process) => process.name)).toEqual(stack.webNames);
    expect(await pidOf(stack, name)).toBe(pid);
  });

  test('ends by itself where supervisord has died', async () => {
    await using stack = await startStack({ processes: 1, peer: false, standby: true });
    const pid = await pidOf(stack, name);

    stack.supervisord.process.kill('SIGKILL');

    await waitFor(() => !lives(pid), { what: 'the standby to end' });
  });
});

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

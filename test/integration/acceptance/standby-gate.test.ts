import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad, workUntilReleased } from '../../support/acceptance.ts';
import { pidOf } from '../../support/damage.ts';
import { signalProcess } from '../../support/marked-processes.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const name = 'drain-standby:drain-standby';

function standbyLog({ directory }: Stack): string {
  const file = directory.file('drain-standby.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Resolves when a standby has been started so many times, and has loaded what it needs. */
async function untilStandsBy(stack: Stack, times = 1): Promise<void> {
  await waitFor(() => standbyLog(stack).split('stands by').length > times, { what: 'the standby' });
}

async function untilStandbyHoldsGate(stack: Stack): Promise<void> {
  await waitFor(() => standbyLog(stack).includes('supervisord is stopping'), { what: 'the second gate' });
}

describe('the standby', () => {
  test('that was started after the sidecar does not drain again what that has drained', async () => {
    const steps = temporaryDirectory();
    const noted = { step: 'exec', command: ['/bin/sh', '-c', `echo done >>${steps.file('done')}`] };
    await using stack = await startStack({
      processes: 2,
      peer: false,
      standby: true,
      config: (config) => ({ ...config, programs: { web: { ...config.programs.web, before_stop: [noted] } } }),
    });
    await untilStandsBy(stack);
    await stack.supervisord.ctl(['restart', name]);
    await untilStandsBy(stack, 2);

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    expect(standbyLog(stack)).toContain('the sidecar has drained everything');
    expect(readFileSync(steps.file('done'), 'utf8')).toBe('done\n'.repeat(2));
  });

  test('ends where supervisord dies while it holds the gate', async () => {
    const work = workUntilReleased();
    await using stack = await startStack({ processes: 1, peer: false, standby: true, config: work.config });
    const pid = await pidOf(stack, name);
    await stack.supervisord.ctl(['stop', 'drain']);
    stack.supervisord.process.kill('SIGTERM');
    await untilStandbyHoldsGate(stack);

    stack.supervisord.process.kill('SIGKILL');

    await waitFor(() => !signalProcess(pid, 0), { what: 'the standby to end' });
  });

  test('drains where no sidecar has ever run', async () => {
    await using stack = await startStack({ processes: 2, sidecar: false, standby: true });
    const load = await startSteadyLoad(stack);
    await untilStandsBy(stack);

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect(standbyLog(stack)).toContain('gate done: 2 of 2 processes; nothing was cut off');
  });

  test('goes by the configuration that it was started with where there is a mistake in the file now', async () => {
    await using stack = await startStack({ processes: 2, standby: true });
    const load = await startSteadyLoad(stack);
    await untilStandsBy(stack);
    await stack.supervisord.ctl(['stop', 'drain']);
    writeFileSync(stack.configFile, 'pools: {lb: {driver: hap');

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect(standbyLog(stack)).toContain('goes by the configuration that it was started with');
  });
});

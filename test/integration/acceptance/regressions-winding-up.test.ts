import { expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad, waitForStep } from '../../support/acceptance.ts';
import { startAnsweringServer } from '../../support/contracts/answering-server.ts';
import { startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

test('a shutdown that begins while only the listener is being stopped finds the gate', async () => {
  // What the restart waits for last; so the listener is still winding up when the shutdown begins, however slow the machine.
  const readiness = await startAnsweringServer();
  await using stack = await startStack({
    processes: 2,
    config: (config) => ({
      ...config,
      programs: { web: { ...config.programs.web, ready: { http: `${readiness.url}/ready` } } },
    }),
  });
  const load = await startSteadyLoad(stack, { path: '/?ms=1500', connections: 20 });
  readiness.isReady = false;
  const restart = stack.spawnDrainctl(['restart', 'web:web_00']);
  await waitForStep(restart, /web_00 stopped/);
  // The listener winds up: what was stopped for a restart is started, waited for and put back first.
  const stopped = stack.supervisord.ctl(['stop', 'drain']);
  await waitFor(() => stack.supervisord.listenerLog().includes('only the listener stops'), {
    what: 'the listener to be stopped alone',
  });

  await stack.supervisord.ctl(['shutdown']);
  readiness.isReady = true;
  await stack.supervisord.waitForExit();
  await stopped;

  await expectNoneFailed(load);
  expectIdleStops(stack, ['web:web_00', ...stack.webNames]);
  expect(stack.supervisord.listenerLog()).toContain('the gate opens');
});

import { expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad, waitForStep } from '../../support/acceptance.ts';
import { startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

test('a shutdown that begins while only the listener is being stopped finds the gate', async () => {
  await using stack = await startStack({ processes: 2 });
  const load = await startSteadyLoad(stack, { path: '/?ms=1500', connections: 20 });
  const restart = stack.spawnDrainctl(['restart', 'web:web_00']);
  await waitForStep(restart, /web_00 stopped/);
  // The listener winds up: what was stopped for a restart is started, waited for and put back first.
  const stopped = stack.supervisord.ctl(['stop', 'drain']);
  await waitFor(() => stack.supervisord.listenerLog().includes('only the listener stops'), {
    what: 'the listener to be stopped alone',
  });

  await stack.supervisord.ctl(['shutdown']);
  await stack.supervisord.waitForExit();
  await stopped;

  await expectNoneFailed(load);
  expectIdleStops(stack, ['web:web_00', ...stack.webNames]);
  expect(stack.supervisord.listenerLog()).toContain('the gate opens');
});

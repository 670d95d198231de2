import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  exitCodeOf,
  expectIdleStops,
  historyOf,
  killSidecar,
  sidecarPid,
  waitForServerOut,
  waitForStep,
  workUntilReleased,
} from '../../support/acceptance.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

/** The record of the run that is under way, as its drainctl has written it; '' where there is none. */
function recordOf({ stateDir }: Stack): string {
  const [name] = readdirSync(`${stateDir}/runs`).filter((each) => each.endsWith('.json'));
  return name === undefined ? '' : readFileSync(`${stateDir}/runs/${name}`, 'utf8');
}

test('a restart whose sidecar was killed is in the history, with how far it had got', async () => {
  const work = workUntilReleased();
  await using stack = await startStack({ processes: 2, peer: false, config: work.config });
  const command = stack.spawnDrainctl(['restart', 'web:web_00']);
  await waitForStep(command, /web_00 draining:/);
  // The record of a run that is under way is written a few times a second.
  await waitFor(() => recordOf(stack).includes('"phase":"drain"'), { what: 'the record of the run' });

  const killed = await killSidecar(stack);
  await exitCodeOf(command);
  await waitFor(async () => (await sidecarPid(stack)) !== killed, { what: 'another sidecar' });
  await waitFor(async () => (await historyOf(stack)).some(({ error_code }) => error_code === 'RUN_INTERRUPTED'), {
    what: 'the interrupted run in the history',
    timeoutMs: 60_000,
  });

  const run = (await historyOf(stack)).find(({ error_code }) => error_code === 'RUN_INTERRUPTED');
  expect(run).toMatchObject({ action: 'restart', outcome: 'failed' });
  expect(run?.processes[0]?.message).toContain('web:web_00 was draining');
  work.release();
});

test('a shutdown that supervisorctl asked for is finished by the next sidecar', async () => {
  const work = workUntilReleased();
  await using stack = await startStack({ processes: 2, config: work.config });
  await stack.supervisord.ctl(['-s', stack.sidecarUrl, 'shutdown']);
  await waitForServerOut(stack.haproxy, 'web_00');

  const killed = await killSidecar(stack);
  await waitFor(async () => (await sidecarPid(stack)) !== killed, { what: 'another sidecar' });
  await waitFor(() => stack.supervisord.listenerLog().includes('it is finished now'), {
    what: 'the shutdown to go on',
    timeoutMs: 60_000,
  });
  work.release();

  await stack.supervisord.waitForExit(60_000);
  expectIdleStops(stack);
});

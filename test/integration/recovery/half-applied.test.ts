import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exitCodeOf, waitForStep, workUntilReleased } from '../../support/acceptance.ts';
import { startStack } from '../../support/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

test('what could not be put back in one of three HAProxys goes back when that one answers again', async () => {
  const work = workUntilReleased();
  await using stack = await startStack({ processes: 1, haproxies: 3, config: work.config });
  const [first, second, third] = stack.haproxies;
  const command = stack.spawnDrainctl(['restart', 'web:*']);
  await waitForStep(command, /web_00 draining:/);
  const journal = () => readFileSync(`${stack.stateDir}/journal.json`, 'utf8');

  third?.process.kill('SIGSTOP');
  await stack.drainctl(['cancel']);
  await exitCodeOf(command);
  const [left, out] = [journal(), [await first?.serversOut(), await second?.serversOut()]];
  third?.process.kill('SIGCONT');
  await waitFor(() => !journal().includes('web_00'), { what: 'the journal to be empty', timeoutMs: 30_000 });

  expect(out).toEqual([[], []]);
  expect(left).toContain(third?.socketPath);
  expect(left).not.toContain(first?.socketPath);
  expect(command.stdout).toMatch(/Out still: app\/web_00 at .*A sidecar puts that back as soon as it can/);
  expect(await third?.serversOut()).toEqual([]);
  work.release();
});

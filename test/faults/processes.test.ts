import { expect, test } from 'vitest';
import type { RunDocument } from '../../src/drain/api.ts';
import { exitCodeOf, expectNoneFailed, historyOf, waitForServerOut, waitForStep } from '../support/acceptance.ts';
import type { Load } from '../support/load.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { waitFor } from '../support/wait-for.ts';
import { figure, scale } from './support/figures.ts';
import { heldWork } from './support/held-work.ts';
import { commonFaults, rareFaults } from './support/process-faults.ts';

const row = 'Process dies, ignores SIGTERM, forks, does not start';

/** Long enough that only drainctl can have taken a server out. */
const lenientCheck = { checkFall: 1_000 } as const;

const faults = scale(commonFaults, [...commonFaults, ...rareFaults]);

test.each(faults.map((fault) => [fault.name, fault] as const))(
  'restart all, one of them: %s',
  { timeout: 180_000 },
  async (_, fault) => {
    const work = heldWork({ deadline: '60s' });
    const options = (await fault.options?.()) ?? {};
    await using stack = await startStack({
      processes: 2,
      ...options,
      haproxy: { ...lenientCheck, ...options.haproxy },
      config: (config) => options.config?.(work.config(config)) ?? work.config(config),
    });
    await fault.before?.(stack);
    await fault.prepare?.(stack);
    const holds = fault.prepare === undefined;
    if (holds) work.hold('web_00');
    const startedAt = performance.now();
    const restart = stack.spawnDrainctl(['restart', 'all', '--json']);
    if (holds) {
      await waitForServerOut(stack.haproxy, 'web_00');
      await waitForStep(restart, /web:web_00 draining: 1 in flight/);
    }
    if (fault.loadAfterAct) await fault.act?.(stack, restart);
    const load = await startLoadBesides(stack);
    if (!fault.loadAfterAct) await fault.act?.(stack, restart);
    if (holds) work.release('web_00');

    const exitCode = await exitCodeOf(restart, 90_000);
    const ms = Math.round(performance.now() - startedAt);
    await expectNoneFailed(load);
    const run = JSON.parse(restart.stdout) as RunDocument; // as: the documented form of the output

    expect(run.message).toMatch(fault.says);
    expect({ exitCode, outcomes: run.processes.map(({ outcome }) => outcome) }).toEqual({
      exitCode: fault.exitCode,
      outcomes: fault.outcomes,
    });
    expect((await historyOf(stack)).find(({ action }) => action === 'restart')?.message).toBe(run.message);
    expect(stack.stops().map(({ name, inFlight }) => `${name} with ${inFlight}`)).toEqual(fault.stops);
    await expectOnlyTheseOut(stack, fault.out ?? []);
    figure(row, `${fault.name}; ${run.outcome}, exit ${exitCode}, ms`, ms);
  },
);

/** Requests through HAProxy to all but the one that is out, and to web_00 again when it is back. */
async function startLoadBesides(stack: Stack): Promise<Load> {
  const load = stack.startLoad({ connections: 20, path: '/?ms=100' });
  await waitFor(() => load.answers.size >= 1, { what: 'answers of the others' });
  return load;
}

async function expectOnlyTheseOut(stack: Stack, out: readonly string[]): Promise<void> {
  await waitFor(
    async () => {
      const seen = await stack.haproxy.serversOut();
      if (seen.join() !== out.join()) throw new Error(`out: ${seen.join()}`);
      return true;
    },
    { what: `out of HAProxy: ${out.join() || 'none'}`, timeoutMs: 20_000 },
  );
}

import { beforeAll, describe, expect, test } from 'vitest';
import { waitForServer } from '../support/acceptance.ts';
import { waitFor } from '../support/wait-for.ts';
import { carryOut, type FaultRow, type RowResult, titleOf } from './support/fault-row.ts';
import { representative, restartRows } from './support/fault-rows.ts';
import { type FaultyStack, limitMs, startFaultyStack } from './support/faulty-stack.ts';
import { figure, scale } from './support/figures.ts';

const rowTitle = "HAProxy's admin socket fails";

describe("HAProxy's admin socket", () => {
  let world: FaultyStack;

  beforeAll(async () => {
    world = await startFaultyStack();
  });

  test.each(scale(representative(restartRows), restartRows).map((row) => [titleOf(row), row] as const))(
    '%s',
    async (title, row) => {
      const stopsBefore = world.stack.stops().length;

      const result = await carryOut(world, row);

      expectDocumented(row, result);
      const stops = world.stack.stops().slice(stopsBefore);
      expect(stops.every(({ inFlight }) => inFlight === 0)).toBe(true);
      await expectAllIn(world);
      figure(rowTitle, title, `exit ${result.exitCode}, ${result.ms} ms, 0 of ${result.requests} failed`);
    },
  );
});

function expectDocumented(row: FaultRow, result: RowResult): void {
  const { exitCode, stdout, stderr, ms } = result;
  expect(exitCode, `${stdout}\n${stderr}`).toBe(row.exitCode);
  for (const text of row.says) expect(stdout).toMatch(text);
  expect(ms).toBeLessThan(limitMs);
}

/** What the run left out the sidecar puts back, now that it can. */
async function expectAllIn({ stack }: FaultyStack): Promise<void> {
  await waitFor(async () => (await stack.haproxy.serversOut()).length === 0, {
    what: 'all servers to be in again',
    timeoutMs: 30_000,
  });
  await waitForServer(stack.haproxy, 'web_00', /^UP$/);
}

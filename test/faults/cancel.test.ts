import { describe, expect, test } from 'vitest';
import { expectNoneFailed, startSteadyLoad } from '../support/acceptance.ts';
import {
  allCancels,
  type CancelCase,
  type CancelResult,
  carryOut,
  expectAllBack,
  leftOut,
  restore,
  runsAfterwards,
  wasTooLate,
} from './support/cancel-case.ts';
import { type CancelStack, startCancelStack } from './support/cancel-stack.ts';
import { figure, scale } from './support/figures.ts';

const row = 'cancel at every step';

/** Far more than an idle machine takes: each case starts several commands. */
const timeoutMs = scale(300_000, 3 * 3_600_000);

const titleOf = ({ action, phase, way }: CancelCase) => `${action} in ${phase}: ${way}`;

/** In `npm test` one of each kind: before the stop, while it stops, after it, and without one. */
const withSidecar = scale(
  chosen(
    true,
    'restart in acquire: SIGINT',
    'restart in ready: drainctl cancel',
    'stop in stop: SIGINT twice',
    'start in repool: SIGTERM',
    'shutdown in drain: drainctl cancel',
  ),
  allCancels(true),
);
const withoutSidecar = scale(
  chosen(false, 'drain in drain: SIGTERM', 'start in ready: SIGINT', 'restart in stop: SIGINT twice'),
  allCancels(false),
);

function chosen(sidecar: boolean, ...titles: readonly string[]): readonly CancelCase[] {
  const all = allCancels(sidecar).filter((each) => titles.includes(titleOf(each)));
  expect(all.map(titleOf).sort()).toEqual([...titles].sort());
  return all;
}

describe('a run that is cancelled', () => {
  test(
    `in ${withSidecar.length} of its steps, by the sidecar`,
    async () => {
      const world = await startCancelStack(true);
      const requests = await underLoad(world, withSidecar, async (given) => {
        const result = await carryOut(world, given);
        expectEnded(given, result);
        await expectAllBack(world.stack, runsAfterwards(given));
      });
      figure(row, 'cases through the sidecar', withSidecar.length);
      figure(row, 'requests, none of them failed, through the sidecar', requests);
    },
    timeoutMs,
  );

  test(
    `in ${withoutSidecar.length} of its steps, without a sidecar`,
    async () => {
      const world = await startCancelStack(false);
      const requests = await underLoad(world, withoutSidecar, async (given) => {
        const result = await carryOut(world, given);
        expectEnded(given, result);
        const wasLeft = /drainctl: left/.test(result.output);
        const left = wasLeft ? ['web:web_00', 'web:web_01', 'web:web_02'] : await leftOut(world.stack);
        // Nobody puts these back, so whoever has cancelled must be told.
        if (left.length > 0) expect(result.output).toMatch(/drainctl pool/);
        await expectAllBack(world.stack, runsAfterwards(given), left);
      });
      figure(row, 'cases without a sidecar', withoutSidecar.length);
      figure(row, 'requests, none of them failed, without a sidecar', requests);
    },
    timeoutMs,
  );
});

/** Each case from the same beginning; no request fails in all that time. Gives how many there were. */
async function underLoad(
  world: CancelStack,
  cases: readonly CancelCase[],
  work: (given: CancelCase) => Promise<void>,
): Promise<number> {
  const load = await startSteadyLoad(world.stack, { connections: 8, path: '/?ms=40' });
  for (const given of cases) {
    try {
      await work(given);
      await restore(world.stack);
    } catch (cause) {
      throw new Error(`${titleOf(given)}: ${String(cause)}`, { cause });
    }
  }
  await expectNoneFailed(load);
  expect(world.stack.stops().filter(({ inFlight }) => inFlight > 0)).toEqual([]);
  await world.stack.close();
  return load.result.requests;
}

/** Exit 4, a word on why, and only what could not be held back any more was stopped. */
function expectEnded(given: CancelCase, { exitCode, output, endedAfterMs, stops }: CancelResult): void {
  expect(exitCode, output).toBe(4);
  // Only a stop is waited for after a cancel; elsewhere the run may have ended before the second signal comes.
  const left = given.phase === 'stop' ? /drainctl: left/ : /drainctl: left|was cancelled/;
  expect(output).toMatch(given.way === 'SIGINT twice' ? left : /was cancelled/);
  if (given.way === 'SIGINT twice') expect(endedAfterMs).toBeLessThan(20_000);
  const mayStop = wasTooLate(given) ? ['web_00 0'] : [];
  expect(stops, output).toEqual(mayStop);
}

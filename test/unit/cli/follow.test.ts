import { afterEach, expect, test } from 'vitest';
import { followRun, type OnSignal } from '../../../src/cli/follow.ts';
import type { DrainApi } from '../../../src/drain/api.ts';
import { runTo, ScriptedWorld } from '../../support/doubles/scripted-world.ts';
import { textSink } from '../../support/doubles/text-sink.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const before = new Map(signals.map((name) => [name, process.listeners(name)]));

afterEach(() => {
  for (const name of signals)
    for (const listener of process.listeners(name))
      if (before.get(name)?.includes(listener) !== true) process.off(name, listener);
});

/** How many listen for each signal once a run has been followed to its end, beside those that did before. */
async function listenersAfter(onSignal: OnSignal): Promise<readonly number[]> {
  const engine = new ScriptedWorld({ processes: ['web:web_00'] }).engine();
  const result = await runTo(engine, 'stop', ['all']);
  const api: Pick<DrainApi, 'wait'> = {
    wait: async (run) => ({ run, ended: true, steps: [], processes: [], result: [result] }),
  };
  // as: nothing else of the context and of the engine is used
  const context = { stdout: textSink(), stderr: textSink(), env: {}, quiet: true } as never;
  await followRun(context, api as DrainApi, result.id, onSignal);
  return signals.map((name) => process.listenerCount(name) - (before.get(name)?.length ?? 0));
}

test('a signal that comes when the run has ended does not take the place of the exit status', async () => {
  expect(await listenersAfter('cancel')).toEqual([1, 1, 1]);
});

test('whoever has more to wait for than the run hears signals itself', async () => {
  expect(await listenersAfter('leave')).toEqual([0, 0, 0]);
});

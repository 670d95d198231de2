import * as z from 'zod';
import type { OnFailure, StepTemplate } from '../../../src/config/config.ts';
import { stepFailed } from '../../../src/steps/failure.ts';
import { defineStep, type StepMoment } from '../../../src/steps/step.ts';
import { ScriptedWorld, type WorldOptions } from './scripted-world.ts';

/** The one process of {@link worldWith}. */
export const name = 'web:web_00';

/** What a step does when its turn has come. */
export type Work = (signal: AbortSignal) => Promise<void> | void;

/** A step in memory; each time that it is done it says so in the world's calls. */
export function step(title: string, work: Work = () => {}, onFailure: OnFailure = 'continue') {
  return (calls: string[]): StepTemplate => ({
    driver: defineStep({
      ...{ name: title, summary: '', reference: '', options: z.object({}), example: '' },
      open: () => ({
        target: title,
        longestMs: 1_000,
        async perform({ process, moment, action }, signal) {
          calls.push(`${moment} ${title} ${process} ${action}`);
          await work(signal);
        },
      }),
    }),
    options: {},
    onFailure,
  });
}

/** See {@link step}. */
export type MakeStep = ReturnType<typeof step>;

/** A world of one process with these steps. */
export function worldWith(
  steps: Partial<Record<StepMoment, readonly MakeStep[]>>,
  options: Partial<WorldOptions> = {},
) {
  const calls: string[] = [];
  const make = (of: readonly MakeStep[] = []) => of.map((each) => each(calls));
  const program = { beforeStop: make(steps.before_stop), afterDrain: make(steps.after_drain), ...options.program };
  const world = new ScriptedWorld({ processes: [name], ...options, program });
  // One list, so that their order can be seen.
  const push = world.calls.push.bind(world.calls);
  calls.push = (...items) => push(...items);
  return world;
}

/** A step that is not done. */
export const fails: Work = () => {
  throw stepFailed('knock', 'nobody opens', 'Ring the bell.');
};

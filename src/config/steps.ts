import * as z from 'zod';
import type { OnFailure } from './config.ts';

/** What happens when a step was not done, where its entry does not say. */
export const defaultOnFailure: OnFailure = 'continue';

/** The keys of a program that hold steps. */
export const stepLists = ['before_stop', 'after_drain'] as const;

/** The keys of a step that are for every kind of step. */
export function stepKeys() {
  return {
    on_failure: z
      .enum(['continue', 'abort'])
      .optional()
      .describe(
        `When it was not done: \`continue\`: go on with the next; \`abort\`: a stop or restart ends and the process runs on, a shutdown skips the other steps of the list. Default: ${defaultOnFailure}`,
      ),
  };
}

/** A wait on the monotonic clock, such as for what the steps before have set going. It is over sooner where the process has ended by then. */
import * as z from 'zod';
import { formatDuration } from '../duration.ts';
import { durationSchema } from '../duration-schema.ts';
import { Deadline, sleep } from '../time.ts';
import { defineStep } from './step.ts';

const options = z.object({
  for: durationSchema
    .refine((ms) => ms > 0, 'must be longer than nothing')
    .describe('How long; at most, where the process ends by itself.'),
});

/** How often is looked whether the process has ended. */
const pollMs = 250;

/** See the head of this file. */
export const pause = defineStep({
  name: 'pause',
  summary: 'Waits; less long where the process ends by itself meanwhile.',
  reference: 'https://man7.org/linux/man-pages/man2/clock_gettime.2.html',
  options,
  example: `programs:
  web:
    after_drain:
      - { step: signal, signal: QUIT }
      - { step: pause, for: 10s }
    in_flight:
      - { probe: tcp }
`,
  open({ for: ms }) {
    return {
      target: `pause ${formatDuration(ms)}`,
      longestMs: ms,
      async perform(occasion, signal) {
        const deadline = new Deadline(ms);
        while (!deadline.passed && !(await occasion.hasEnded(signal)))
          await sleep(Math.min(pollMs, deadline.remainingMs), signal);
      },
    };
  },
});

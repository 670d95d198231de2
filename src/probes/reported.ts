/**
 * What the program itself says is in flight. It prints `<!--XSUPERVISOR:BEGIN-->in_flight=3<!--XSUPERVISOR:END-->`;
 * supervisord takes that out of its log and passes it on to the listener as a PROCESS_COMMUNICATION event. So only the
 * sidecar hears of it: to a drainctl that works by itself it is unknown.
 *
 * Reference: http://supervisord.org/events.html#process-communication-event-type
 */
import * as z from 'zod';
import { excerpt, parseCount } from '../count.ts';
import { probeFailed } from './failure.ts';
import { defineProbe } from './probe.ts';

const options = z.object({
  key: z
    .string()
    .regex(/^[\w.-]+$/, 'write letters, digits, "_", "." and "-"')
    .default('in_flight')
    .describe('What stands before the `=`.'),
});

/** See the head of this file. */
export const reported = defineProbe({
  name: 'reported',
  summary: "Hears from the program itself, through supervisord's PROCESS_COMMUNICATION events.",
  reference: 'http://supervisord.org/events.html#process-communication-event-type',
  options,
  example: `programs:
  worker:
    in_flight:
      - { probe: reported, key: jobs }
`,
  open({ key }, subject) {
    const target = `reported ${key} of ${subject.name}`;
    return {
      target,
      async measure(signal) {
        signal.throwIfAborted();
        const said = subject.lastCommunication();
        if (said === undefined)
          throw probeFailed(target, 'nothing was heard from it since its start', unheardHint(key));
        const count = countReported(said, key);
        if (count === undefined)
          throw probeFailed(
            target,
            `what it said last has no ${key}=NUMBER: ${excerpt(said)}`,
            `All that it prints between supervisord's marks must hold ${key}= and a whole number.`,
          );
        return count;
      },
    };
  },
});

function unheardHint(key: string): string {
  return (
    `Only the sidecar hears of it: see that it runs ("drainctl status"), with PROCESS_COMMUNICATION among its events ("drainctl check"). ` +
    `The program needs stdout_capture_maxbytes=1KB in its section, and must print <!--XSUPERVISOR:BEGIN-->${key}=NUMBER<!--XSUPERVISOR:END--> and a line feed, unbuffered, ` +
    'when it starts and whenever the number changes; and now and then, because a sidecar that was started anew has not heard it yet.'
  );
}

/**
 * The number behind the last `key=` in what a process said, where several reports came in one. Undefined where there is
 * none, and where the last one is no whole number of 0 or more.
 */
export function countReported(said: string, key: string): number | undefined {
  const last = said
    .split(/[\s,;&]+/)
    .filter((word) => word.startsWith(`${key}=`))
    .at(-1);
  return last === undefined ? undefined : parseCount(last.slice(key.length + 1));
}

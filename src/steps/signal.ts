/**
 * A signal to the process, sent through supervisord; while supervisord shuts down and passes none on, by ourselves. What a
 * process does on a signal is in its own manual: QUIT ends nginx and php-fpm gracefully, WINCH Apache, but QUIT ends uWSGI at once.
 *
 * Reference: http://supervisord.org/api.html#supervisor.rpcinterface.SupervisorNamespaceRPCInterface.signalProcess
 */
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { signalNameSchema } from '../signal-name.ts';
import { withTimeout } from '../time.ts';
import { asError, stepFailed } from './failure.ts';
import { defineStep } from './step.ts';

const options = z.object({
  signal: signalNameSchema.describe('Which one, such as `QUIT`.'),
  timeout: durationSchema.prefault('5s').describe('The longest that the call to supervisord may take.'),
});

/** See the head of this file. */
export const signal = defineStep({
  name: 'signal',
  summary: 'Sends the process a signal, such as one that has it accept no more connections.',
  reference: 'http://supervisord.org/api.html#supervisor.rpcinterface.SupervisorNamespaceRPCInterface.signalProcess',
  options,
  example: `programs:
  worker:
    before_stop:
      - { step: signal, signal: USR1 }
    in_flight:
      - { probe: exec, command: [/usr/local/bin/jobs-running, "%(process_name)s"] }
`,
  open({ signal: name, timeout: timeoutMs }, services) {
    const target = `signal ${name}`;
    const hint = 'Send it by hand with "supervisorctl signal NAME PROCESS", and see what supervisord says.';
    const late = () => new Error(`supervisord gave no answer within ${timeoutMs / 1_000} s`);
    return {
      target,
      longestMs: timeoutMs,
      async perform(occasion, aborted) {
        try {
          await withTimeout(timeoutMs, aborted, late, (limited) =>
            services.signalProcess(occasion.process, name, limited),
          );
        } catch (thrown) {
          aborted.throwIfAborted();
          throw stepFailed(target, asError(thrown).message, hint, thrown);
        }
      },
    };
  },
});

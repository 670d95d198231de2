/**
 * A command. It is run without a shell, with a small environment of its own, and killed with all that it started when its
 * time is up. Exit status 0 means that it is done.
 */
import * as z from 'zod';
import { smallEnvironment } from '../command-environment.ts';
import { excerpt } from '../count.ts';
import { durationSchema } from '../duration-schema.ts';
import { type CommandResult, runCommand } from '../run-command.ts';
import { commandLine } from '../shell-quote.ts';
import { asError, stepFailed } from './failure.ts';
import { defineStep, type StepOccasion } from './step.ts';

const options = z.object({
  command: z
    .tuple([z.string().min(1, 'name a program')], z.string())
    .describe('The program and its arguments, no shell. It exits with 0 when it is done.'),
  timeout: durationSchema.prefault('10s').describe('After this long it is killed, with all that it started.'),
  env: z.record(z.string(), z.string()).default({}).describe('Added to its environment.'),
  pass_env: z.array(z.string().min(1)).default([]).describe("Variables of drainctl's own environment to pass on."),
});

/** See the head of this file. */
export const exec = defineStep({
  name: 'exec',
  summary: 'Runs a command, such as one that tells the program to close its clients.',
  reference: 'https://man7.org/linux/man-pages/man3/execvp.3.html',
  options,
  example: `programs:
  prosody:
    before_stop:
      - { step: exec, command: [prosodyctl, shell, "c2s:closeall()"], timeout: 15s }
    in_flight:
      - { probe: tcp, ports: [5222] }
`,
  open({ command, timeout: timeoutMs, env, pass_env: passEnv }) {
    const target = `exec ${commandLine(command)}`;
    const hint = 'Run it by hand, as the user that drainctl runs as; then: echo $?';
    return {
      target,
      longestMs: timeoutMs,
      async perform(occasion, signal) {
        const environment = smallEnvironment(process.env, passEnv, { ...env, ...told(occasion) });
        const given = { command, env: environment, inheritsEnv: false, timeoutMs };
        const result = await runCommand(given, signal).catch((thrown: unknown) => {
          signal.throwIfAborted();
          throw stepFailed(target, asError(thrown).message, hint, thrown);
        });
        if (result.exitCode !== 0) throw stepFailed(target, describeResult(result), hint);
      },
    };
  },
});

/** What a command is told of its task, beside its arguments. */
function told({ process: name, pid, action, moment }: StepOccasion): Record<string, string> {
  return {
    DRAINCTL_ACTION: action,
    DRAINCTL_STEP: moment,
    DRAINCTL_PROCESS: name,
    ...(pid > 0 ? { DRAINCTL_PID: String(pid) } : {}),
  };
}

function describeResult({ exitCode, signal, stdout, stderr }: CommandResult): string {
  const ended = exitCode === undefined ? `it was ended by ${signal}` : `it exited with ${exitCode}`;
  return `${ended} and printed ${excerpt(stderr.trim() === '' ? stdout : stderr)}`;
}

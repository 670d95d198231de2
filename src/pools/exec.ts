/**
 * Anything that takes members out and puts them back by a command: the aws command line, ipvsadm, a script. The command
 * is run without a shell, with a small environment of its own, and killed with all that it started when its time is up.
 *
 * Reference: execvp(3); what each exit status and word means is said below and in docs/drivers.md.
 */
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { type CommandResult, runCommand } from '../run-command.ts';
import { commandEnvironment, type Task } from './exec/environment.ts';
import { describeResult, failed, notRun } from './exec/errors.ts';
import { placementOf } from './exec/standing.ts';
import { definePool } from './pool.ts';
import { type Standing, switchedPool } from './switched-pool.ts';

const options = z.object({
  env: z.record(z.string(), z.string()).default({}).describe('Added to the environment of every command.'),
  pass_env: z
    .array(z.string().min(1))
    .default([])
    .describe("Variables of drainctl's own environment to pass on, such as `AWS_PROFILE`."),
  settle: durationSchema
    .prefault('1s')
    .describe('How long work may still arrive after the command `depool` has ended.'),
  timeout: durationSchema.prefault('10s').describe('After this long a command is killed, with all that it started.'),
});

const command = z.tuple([z.string().min(1, 'name a program')], z.string());
const thisProcess = '%(group_name)s:%(process_name)s';

const member = z.object({
  name: z
    .string()
    .min(1)
    .prefault(thisProcess)
    .describe('What the pool calls it: `DRAINCTL_MEMBER`, and its name in messages; unique in the pool.'),
  process: z.string().min(1).prefault(thisProcess).describe('The process: `DRAINCTL_PROCESS`.'),
  depool: command.describe(
    'The program and its arguments that take it out, no shell. It exits with 0 when that is done.',
  ),
  repool: command.describe('The same for putting it back.'),
  state: command
    .optional()
    .describe(
      'Tells where it stands: it prints `in`, `out`, `down` or `missing`, or nothing, and exits with 0 for in, 1 for out. ' +
        'Without it, what drainctl did itself is all that is known.',
    ),
});

type Options = z.output<typeof options>;
type Member = z.output<typeof member>;

/** See the head of this file. */
export const exec = definePool({
  name: 'exec',
  summary: 'Anything that takes a process out by a command: the aws command line, ipvsadm, a script.',
  reference: 'https://man7.org/linux/man-pages/man3/execvp.3.html',
  options,
  member,
  example: `pools:
  ipvs:
    driver: exec
programs:
  web:
    members:
      - pool: ipvs
        depool: [ipvsadm, -e, -t, "10.0.0.1:80", -r, "10.0.0.7:81%(process_num)02d", -m, -w, "0"]
        repool: [ipvsadm, -e, -t, "10.0.0.1:80", -r, "10.0.0.7:81%(process_num)02d", -m, -w, "1"]
        state: [/usr/local/bin/ipvs-state, "10.0.0.7:81%(process_num)02d"]
`,
  label: ({ name }) => name,
  open(settings, services) {
    const pool = switchedPool<Member>(
      {
        address: 'exec',
        settleMs: settings.settle,
        label: ({ name }) => name,
        takeOut: (of, reason, signal) => change(settings, of, 'depool', reason, signal),
        putBack: (of, signal) => change(settings, of, 'repool', undefined, signal),
        ask: (of, signal) => (of.state === undefined ? undefined : ask(settings, of, of.state, signal)),
      },
      services,
    );
    return [pool];
  },
});

async function change(
  settings: Options,
  of: Member,
  action: 'depool' | 'repool',
  reason: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const task = { action, process: of.process, member: of.name, reason };
  const result = await run(settings, of[action], task, signal);
  if (result.exitCode !== 0) throw failed(of[action], task, result);
}

async function ask(settings: Options, of: Member, words: Member['depool'], signal: AbortSignal): Promise<Standing> {
  const task = { action: 'state', process: of.process, member: of.name } as const;
  const result = await run(settings, words, task, signal);
  const placement = placementOf(result);
  if (placement === undefined) throw failed(words, task, result);
  return { placement, text: `its command ${describeResult(result)}` };
}

async function run(
  { env, pass_env: named, timeout: timeoutMs }: Options,
  words: readonly string[],
  task: Task,
  signal: AbortSignal,
): Promise<CommandResult> {
  const environment = commandEnvironment(task, process.env, named, env);
  try {
    return await runCommand({ command: words, env: environment, inheritsEnv: false, timeoutMs }, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw notRun(words, task, error instanceof Error ? error : new Error(String(error)));
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { Command as Commander, CommanderError } from 'commander';
import { DrainctlError, toDrainctlError } from '../errors.ts';
import { version } from '../version.ts';
import type { Command, CommandContext, TextOutput } from './command.ts';
import { commands } from './commands.ts';
import { readDuration } from './duration-option.ts';
import { type ExitCode, exitCodeOfError, exitCodes } from './exit-codes.ts';
import { printError } from './output.ts';
import { readerGone } from './text-output.ts';

/** What a command line runs in. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
}

/** Runs one command line and resolves with its exit status. The one place where errors become exit statuses. */
export async function runCommandLine(surroundings: Surroundings): Promise<ExitCode> {
  const exitCode = await carryOut(surroundings);
  const { stdout, stderr } = surroundings;
  // A write to a file tells how it went with the next turn.
  await nextTurn();
  if (stdout.failure === undefined || stdout.failure === readerGone) return exitCode;
  stderr.write(
    `drainctl: standard output can't be written (${stdout.failure}), so the result is lost; what was done is done: see "drainctl status" and "drainctl history"\n`,
    'error',
  );
  return exitCode === exitCodes.done ? exitCodes.failed : exitCode;
}

async function carryOut(surroundings: Surroundings): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const program = buildProgram(surroundings, wantedCommands(surroundings.args), (status) => {
    exitCode = status;
  });
  try {
    await program.parseAsync(surroundings.args, { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && isHelp(thrown))
      return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const error = thrown instanceof CommanderError ? usageError(thrown) : toDrainctlError(thrown);
    printError(error, surroundings, surroundings.args.includes('--json'));
    return exitCodeOfError(error.code);
  }
}

/** Help and version were asked for, or help was shown because there was no command: all is said. */
function isHelp(error: CommanderError): boolean {
  return error.exitCode === 0 || error.code === 'commander.help';
}

/** commander's words, such as `unknown option '--jsn' (Did you mean --json?)`. */
function usageError(error: CommanderError): DrainctlError {
  const message = error.message.replace(/^error: /, '').replaceAll(/\s+/g, ' ');
  return new DrainctlError('USAGE', message, { hint: 'See "drainctl --help", or "drainctl help COMMAND".' });
}

/** The commands whose names are on the command line; all of them where none is, for the help. */
function wantedCommands(args: readonly string[]): readonly Command[] {
  const all = [...commands.values()];
  const named = all.filter(({ name }) => args.includes(name) && args[0] !== 'help');
  return named.length > 0 ? named : all;
}

function buildProgram(
  { env, stdout, stderr }: Surroundings,
  wanted: readonly Command[],
  ended: (exitCode: ExitCode) => void,
): Commander {
  const program = new Commander('drainctl')
    .description('Stops what supervisord runs without cutting off a request.')
    .version(version)
    .option('--config <file>', 'configuration file (default: $DRAINCTL_CONFIG, then /etc/drainctl.yaml)')
    .option('--deadline <duration>', 'instead of the deadlines in the configuration, such as 30s or 5m')
    .option('--json', 'print one JSON document on stdout')
    .option('--quiet', 'no progress on stderr')
    .option('--no-color', 'no colours')
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError() {}, // printError() says it, with a hint or as JSON
    })
    .exitOverride();
  for (const command of wanted)
    addCommand(program, command, (options) => contextOf(options, env, stdout, stderr), ended);
  return program;
}

function addCommand(
  program: Commander,
  command: Command,
  contextFor: (options: Readonly<Record<string, unknown>>) => CommandContext,
  ended: (exitCode: ExitCode) => void,
): void {
  const subcommand = program
    .command(`${command.name} ${command.args}`.trim())
    .summary(command.summary)
    .description(`${command.summary} ${command.description}`.trim())
    .addHelpText('after', examplesText(command));
  for (const { flags, description } of command.options) subcommand.option(flags, description);
  // The shared options may stand behind the command's name as well.
  for (const option of program.options.filter((shared) => shared.long !== '--version')) subcommand.addOption(option);
  subcommand.action(async () => {
    const options = { ...program.opts(), ...explicitOptions(subcommand) };
    ended(await command.run(contextFor(options), { args: subcommand.args, options }));
  });
}

/** Only what was written behind the command: a default there must not hide what was written before it. */
function explicitOptions(command: Commander): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(command.opts()).filter(([name]) => command.getOptionValueSource(name) !== 'default'),
  );
}

function examplesText(command: Command): string {
  return command.examples.length === 0 ? '' : `\nExamples:\n${command.examples.map((line) => `  ${line}\n`).join('')}`;
}

/** As in the configuration: less is no deadline but a mistake. */
const leastDeadlineMs = 100;

function contextOf(
  options: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  stdout: TextOutput,
  stderr: TextOutput,
): CommandContext {
  const { config, deadline, json, quiet, color } = options;
  return {
    env,
    stdout,
    stderr,
    configFile: typeof config === 'string' ? config : undefined,
    deadlineMs: deadline === undefined ? undefined : readDuration('--deadline', deadline, leastDeadlineMs),
    json: json === true,
    quiet: quiet === true,
    // https://no-color.org
    color: color !== false && (env['NO_COLOR'] ?? '') === '' && stderr.isTTY === true,
  };
}

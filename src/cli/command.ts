import type { Priority } from '../systemd/priority.ts';
import type { ExitCode } from './exit-codes.ts';

/**
 * A stream that text is written to, whole lines at a time; `isTTY` where a person looks at it. The priority, `info`
 * where it is not said, shows in the journal only.
 */
export interface TextOutput {
  write(text: string, priority?: Priority): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** Why what was written did not get there, once that is so: `reader gone`, or an error's code such as ENOSPC. */
  readonly failure?: string | undefined;
}

/** What every command gets: its surroundings and the options that all commands share. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  /** From --config; undefined: $DRAINCTL_CONFIG, or the default file. */
  readonly configFile: string | undefined;
  readonly deadlineMs: number | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
}

/** An option of one command. */
export interface OptionDefinition {
  /** As commander takes it: `--for <duration>`. */
  readonly flags: string;
  readonly description: string;
}

/** What the command line held for one command. */
export interface CommandInput {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** One command: its help and its work. The README's table is checked against these. */
export interface Command {
  readonly name: string;
  /** As commander takes it: `[names...]`. Empty for none. */
  readonly args: string;
  readonly summary: string;
  /** What the summary leaves out, for --help. */
  readonly description: string;
  readonly examples: readonly string[];
  readonly options: readonly OptionDefinition[];
  run(context: CommandContext, input: CommandInput): Promise<ExitCode>;
}

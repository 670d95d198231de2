import { execa } from 'execa';
import { builtDrainctl } from '../test/support/drainctl.ts';
import { markVariable, temporaryPrefix } from '../test/support/run-id.ts';
import { toolPath } from '../test/support/tools.ts';

/** A command line, and what its environment holds besides ours. */
export interface TimedCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** drainctl as a shell runs it once it is installed: the bundle's own `#!` line finds Node. */
export function drainctl(configFile: string, ...args: readonly string[]): TimedCommand {
  return { file: builtDrainctl(), args, env: { DRAINCTL_CONFIG: configFile } };
}

/** supervisorctl with the configuration file of the supervisord that it talks to. */
export function supervisorctl(configFile: string, ...args: readonly string[]): TimedCommand {
  return { file: toolPath('supervisorctl'), args: ['-c', configFile, ...args] };
}

/** Runs a command to its end and gives the milliseconds that the whole process took. Throws when it fails. */
export async function timeCommand({ file, args, env = {} }: TimedCommand): Promise<number> {
  const startedAt = performance.now();
  await execa(file, args, { env: { ...env, [markVariable]: temporaryPrefix() }, stdin: 'ignore', timeout: 60_000 });
  return performance.now() - startedAt;
}

/**
 * Times each command `rounds` times, one after the other in turn, so that whatever else the machine does meanwhile falls on all of them
 * alike. A first round, which fills the file cache, does not count.
 */
export async function timeInTurn<Name extends string>(
  commands: Readonly<Record<Name, TimedCommand>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  // as: Object.entries and fromEntries widen the keys to string.
  const entries = Object.entries(commands) as [Name, TimedCommand][];
  const times = Object.fromEntries(entries.map(([name]) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const [name, command] of entries) {
      const ms = await timeCommand(command);
      if (round > 0) times[name].push(ms);
    }
  }
  return times;
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { type RunningProcess, type StartOptions, startProcess } from './processes.ts';
import { buildErrorVariable, buildVariable, markVariable, temporaryPrefix } from './run-id.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

/** The bundle, built as it is published: vitest's global set-up made it, or `npm run build` for the demo and benchmarks. */
export function builtDrainctl(): string {
  const problem = process.env[buildErrorVariable];
  if (problem !== undefined) throw new Error(`drainctl can't be built: ${problem}`);
  return join(process.env[buildVariable] ?? fileURLToPath(new URL('../../dist', import.meta.url)), 'main.js');
}

/** The listener's command line for a supervisord section. */
export function listenCommand(configFile: string): string {
  return `${process.execPath} ${builtDrainctl()} listen --config ${configFile}`;
}

/** Likewise for the standby. */
export function standbyCommand(configFile: string): string {
  return `${process.execPath} ${builtDrainctl()} standby --config ${configFile}`;
}

/** How to run a command of drainctl. */
export interface DrainctlOptions {
  /** The configuration file, given as `$DRAINCTL_CONFIG`. */
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** After this it is killed, and the call rejects. Default: 60 s. */
  readonly deadlineMs?: number;
  /** Kills it. */
  readonly signal?: AbortSignal;
}

/** What a command of drainctl did. */
export interface DrainctlResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** From start to end, Node's own start included. */
  readonly ms: number;
}

/** Runs the built drainctl to its end. Never rejects for its exit code; rejects when it outlives its deadline or a signal ends it. */
export async function runDrainctl(args: readonly string[], options: DrainctlOptions = {}): Promise<DrainctlResult> {
  const { deadlineMs = 60_000, cwd, signal } = options;
  const startedAt = performance.now();
  const result = await execa(process.execPath, [builtDrainctl(), ...args], {
    env: { ...environment(options), [markVariable]: temporaryPrefix() },
    reject: false,
    stdin: 'ignore',
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  const { exitCode, stdout, stderr } = result;
  if (exitCode === undefined)
    throw new Error(`drainctl ${args.join(' ')}: ${result.shortMessage}\n${stdout}\n${stderr}`);
  return { exitCode, stdout, stderr, ms: performance.now() - startedAt };
}

/** Starts the built drainctl, for a test that watches it, sends it signals or kills it. */
export function spawnDrainctl(
  args: readonly string[],
  options: DrainctlOptions & Pick<StartOptions, 'mark' | 'graceMs'>,
): RunningProcess {
  const { mark, cwd, graceMs } = options;
  return startProcess(process.execPath, [builtDrainctl(), ...args], {
    mark,
    env: environment(options),
    ...(cwd === undefined ? {} : { cwd }),
    ...(graceMs === undefined ? {} : { graceMs }),
  });
}

/** Writes a configuration, given as text or as data, into `directory`, and returns the file's path. */
export function writeConfig(directory: TemporaryDirectory, config: string | object, name = 'drainctl.yaml'): string {
  return directory.write(name, typeof config === 'string' ? config : stringify(config));
}

function environment({ config, env = {} }: DrainctlOptions): Record<string, string> {
  return { ...(config === undefined ? {} : { DRAINCTL_CONFIG: config }), ...env };
}

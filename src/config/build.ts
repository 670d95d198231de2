import { DrainctlError } from '../errors.ts';
import { parseSocketMode } from './addresses.ts';
import type {
  Config,
  MemberTemplate,
  PoolConfig,
  ProbeTemplate,
  ProgramConfig,
  ReadyTemplate,
  SupervisorConfig,
} from './config.ts';
import { defaultPolicy, defaultSocket, defaultSocketMode, defaultStateDir } from './defaults.ts';
import type { Registries } from './registries.ts';
import type { CheckedInput } from './schema.ts';

type PoolInput = NonNullable<CheckedInput['pools']>[string];
type ProgramInput = NonNullable<CheckedInput['programs']>[string];
type PolicyInput = NonNullable<CheckedInput['defaults']>;

/** The configuration with defaults filled in. `input` has passed every check; `password` came from `password_file`. */
export function buildConfig(
  file: string,
  input: CheckedInput,
  registries: Registries,
  password: string | undefined,
): Config {
  return {
    file,
    supervisor: buildSupervisor(input.supervisor, password),
    sidecar: {
      socket: input.sidecar?.socket ?? defaultSocket,
      socketMode: input.sidecar?.socket_mode ?? parseSocketMode(defaultSocketMode) ?? 0o700,
      http: input.sidecar?.http,
    },
    stateDir: input.state_dir ?? defaultStateDir,
    log: { level: input.log?.level ?? 'info' },
    pools: new Map(Object.entries(input.pools ?? {}).map(([name, pool]) => [name, buildPool(name, pool, registries)])),
    programs: Object.entries(input.programs ?? {}).map(([pattern, program]) =>
      buildProgram(pattern, program, input.defaults ?? {}, registries),
    ),
  };
}

function buildSupervisor(input: CheckedInput['supervisor'], password: string | undefined): SupervisorConfig {
  return { url: input?.url, username: input?.username, password: input?.password ?? password };
}

function buildPool(name: string, { driver, ...options }: PoolInput, { pools }: Registries): PoolConfig {
  const known = pools.get(driver) ?? unchecked(`pool driver ${driver}`);
  return { name, driver: known, options: known.options.strict().parse(options) };
}

function buildProgram(
  pattern: string,
  input: ProgramInput,
  defaults: PolicyInput,
  registries: Registries,
): ProgramConfig {
  return {
    pattern,
    members: (input.members ?? []).map(({ pool, ...options }): MemberTemplate => ({ pool, options })),
    inFlight: input.in_flight?.map(({ probe, ...options }): ProbeTemplate => {
      const driver = registries.probes.get(probe) ?? unchecked(`probe ${probe}`);
      return { driver, options };
    }),
    ready: input.ready === undefined ? undefined : buildReady(input.ready),
    deadlineMs: input.deadline ?? defaults.deadline ?? defaultPolicy.deadlineMs,
    quietMs: input.quiet ?? defaults.quiet ?? defaultPolicy.quietMs,
    pollMs: input.poll ?? defaults.poll ?? defaultPolicy.pollMs,
    settleMs: input.settle ?? defaults.settle,
    onDeadline: input.on_deadline ?? defaults.on_deadline ?? defaultPolicy.onDeadline,
    stage: input.stage,
    maxUnavailable: input.max_unavailable ?? defaults.max_unavailable ?? defaultPolicy.maxUnavailable,
  };
}

function buildReady(input: NonNullable<ProgramInput['ready']>): ReadyTemplate {
  return { http: input.http, exec: input.exec, deadlineMs: input.deadline ?? defaultPolicy.readyDeadlineMs };
}

function unchecked(what: string): never {
  throw new DrainctlError('INTERNAL', `the configuration was not checked: there is no ${what}`);
}

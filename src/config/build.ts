import { DrainctlError } from '../errors.ts';
import { defaultRpcServerLimits, type RpcServerLimits } from '../rpc/limits.ts';
import { parseSocketMode } from './addresses.ts';
import { buildCapacity } from './capacity.ts';
import type {
  Config,
  MemberTemplate,
  PoolConfig,
  ProbeTemplate,
  ProgramConfig,
  ReadyTemplate,
  SidecarConfig,
  StepTemplate,
  SupervisorConfig,
} from './config.ts';
import { defaultPolicy, defaultSocket, defaultSocketMode, defaultStateDir } from './defaults.ts';
import type { Registries } from './registries.ts';
import type { CheckedInput } from './schema.ts';
import { defaultOnFailure } from './steps.ts';

type SidecarInput = NonNullable<CheckedInput['sidecar']>;
type PoolInput = NonNullable<CheckedInput['pools']>[string];
type ProgramInput = NonNullable<CheckedInput['programs']>[string];
type StepInput = NonNullable<ProgramInput['before_stop']>[number];
type PolicyInput = NonNullable<CheckedInput['defaults']>;

/** What the `password_file` of a section held. */
export interface FilePasswords {
  readonly supervisor?: string | undefined;
  readonly sidecar?: string | undefined;
}

/** The configuration with defaults filled in. `input` has passed every check. */
export function buildConfig(
  file: string,
  input: CheckedInput,
  registries: Registries,
  passwords: FilePasswords,
): Config {
  return {
    file,
    supervisor: buildSupervisor(input.supervisor, passwords.supervisor),
    sidecar: buildSidecar(input.sidecar ?? {}, passwords.sidecar),
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

function buildSidecar(input: SidecarInput, filePassword: string | undefined): SidecarConfig {
  const { username, password = filePassword } = input;
  return {
    socket: input.socket ?? defaultSocket,
    socketMode: input.socket_mode ?? parseSocketMode(defaultSocketMode) ?? 0o700,
    socketOwner: input.socket_owner,
    socketGroup: input.socket_group,
    listen: input.listen,
    credentials: username === undefined || password === undefined ? undefined : { username, password },
    limits: buildLimits(input.limits ?? {}),
    http: input.http,
  };
}

function buildLimits(input: NonNullable<SidecarInput['limits']>): RpcServerLimits {
  const defaults = defaultRpcServerLimits;
  return {
    maxBodyBytes: input.body ?? defaults.maxBodyBytes,
    maxConnections: input.connections ?? defaults.maxConnections,
    maxConnectionsPerClient: input.connections_per_client ?? defaults.maxConnectionsPerClient,
    maxCallsPerConnection: input.calls_per_connection ?? defaults.maxCallsPerConnection,
    headersTimeoutMs: input.headers_timeout ?? defaults.headersTimeoutMs,
    requestTimeoutMs: input.request_timeout ?? defaults.requestTimeoutMs,
    idleTimeoutMs: input.idle_timeout ?? defaults.idleTimeoutMs,
    sendTimeoutMs: input.send_timeout ?? defaults.sendTimeoutMs,
  };
}

function buildPool(name: string, input: PoolInput, { pools }: Registries): PoolConfig {
  const { driver, min_available, capacity_wait, ...options } = input;
  const known = pools.get(driver) ?? unchecked(`pool driver ${driver}`);
  const capacity = buildCapacity({ min_available, capacity_wait });
  return { name, driver: known, options: known.options.strict().parse(options), capacity };
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
    beforeStop: (input.before_stop ?? []).map((step) => buildStep(step, registries)),
    afterDrain: (input.after_drain ?? []).map((step) => buildStep(step, registries)),
    ready: input.ready === undefined ? undefined : buildReady(input.ready),
    deadlineMs: input.deadline ?? defaults.deadline ?? defaultPolicy.deadlineMs,
    quietMs: input.quiet ?? defaults.quiet ?? defaultPolicy.quietMs,
    pollMs: input.poll ?? defaults.poll ?? defaultPolicy.pollMs,
    settleMs: input.settle ?? defaults.settle,
    onDeadline: input.on_deadline ?? defaults.on_deadline ?? defaultPolicy.onDeadline,
    onCrash: input.on_crash ?? defaults.on_crash ?? defaultPolicy.onCrash,
    stage: input.stage,
    maxUnavailable: input.max_unavailable ?? defaults.max_unavailable ?? defaultPolicy.maxUnavailable,
  };
}

function buildStep({ step, on_failure, ...options }: StepInput, { steps }: Registries): StepTemplate {
  const driver = steps.get(step) ?? unchecked(`step ${step}`);
  return { driver, options, onFailure: on_failure ?? defaultOnFailure };
}

function buildReady(input: NonNullable<ProgramInput['ready']>): ReadyTemplate {
  return { http: input.http, exec: input.exec, deadlineMs: input.deadline ?? defaultPolicy.readyDeadlineMs };
}

function unchecked(what: string): never {
  throw new DrainctlError('INTERNAL', `the configuration was not checked: there is no ${what}`);
}

import { isDeepStrictEqual } from 'node:util';
import type { Config, SidecarConfig, SupervisorConfig } from './config.ts';

/** The names of what was added, removed or changed; each is sorted as in the files. */
export interface NamedChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What one configuration has that another has not. */
export interface ConfigChanges {
  /** Entries of `programs`, by their pattern; one whose `defaults` changed has changed too. */
  readonly programs: NamedChanges;
  readonly pools: NamedChanges;
  /** True where `log.level` is another. */
  readonly logLevel: boolean;
  /** The keys that the running sidecar can't take on, such as `sidecar.socket`. */
  readonly fixed: readonly string[];
}

const supervisorKeys = {
  url: 'supervisor.url',
  username: 'supervisor.username',
  password: 'supervisor.password',
} as const satisfies Record<keyof SupervisorConfig, string>;

const sidecarKeys = {
  socket: 'sidecar.socket',
  socketMode: 'sidecar.socket_mode',
  socketOwner: 'sidecar.socket_owner',
  socketGroup: 'sidecar.socket_group',
  listen: 'sidecar.listen',
  credentials: 'sidecar.username and password',
  limits: 'sidecar.limits',
  http: 'sidecar.http',
} as const satisfies Record<keyof SidecarConfig, string>;

/** What has changed between two configurations, by what they come to and not by how they are written. */
export function configChanges(before: Config, after: Config): ConfigChanges {
  const byPattern = ({ programs }: Config) => new Map(programs.map((program) => [program.pattern, program]));
  return {
    programs: namedChanges(byPattern(before), byPattern(after)),
    pools: namedChanges(before.pools, after.pools),
    logLevel: before.log.level !== after.log.level,
    fixed: [
      ...changedKeys(supervisorKeys, before.supervisor, after.supervisor),
      ...changedKeys(sidecarKeys, before.sidecar, after.sidecar),
      ...(before.stateDir === after.stateDir ? [] : ['state_dir']),
    ],
  };
}

/** `after`, except for what the running sidecar can't take on: that stays as it was. */
export function withFixedKeys(before: Config, after: Config): Config {
  const { supervisor, sidecar, stateDir } = before;
  return { ...after, supervisor, sidecar, stateDir };
}

/** `programs: added api; changed web. pools: removed old`, or that nothing has changed. */
export function sayChanges({ programs, pools, logLevel }: ConfigChanges): string {
  const parts = [
    ...saySection('programs', programs),
    ...saySection('pools', pools),
    ...(logLevel ? ['log.level changed'] : []),
  ];
  return parts.length === 0 ? 'nothing that is in force has changed' : parts.join('; ');
}

function saySection(section: string, { added, removed, changed }: NamedChanges): string[] {
  const parts = Object.entries({ added, removed, changed }).filter(([, names]) => names.length > 0);
  return parts.map(([what, names]) => `${section} ${what}: ${names.join(', ')}`);
}

function namedChanges<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): NamedChanges {
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...after]
      .filter(([name, item]) => before.has(name) && !isDeepStrictEqual(before.get(name), item))
      .map(([name]) => name),
  };
}

function changedKeys<T extends object>(keys: Readonly<Record<keyof T, string>>, before: T, after: T): string[] {
  const names = Object.keys(keys) as (keyof T)[]; // as: the keys of a Record are its keys
  return names.filter((name) => !isDeepStrictEqual(before[name], after[name])).map((name) => keys[name]);
}

import { PoolAddress } from '../../../src/drain/pool-address.ts';
import type { Target, TargetSettings } from '../../../src/drain/target.ts';
import { processConfig, processInfo } from './processes.ts';
import type { ScriptedPool } from './scripted-pool.ts';

/** Settings that make a run quick. */
export const quickSettings: TargetSettings = {
  deadlineMs: 5_000,
  quietMs: 0,
  pollMs: 10,
  settleMs: 0,
  onDeadline: 'stop',
  onCrash: 'depool',
  readyDeadlineMs: 5_000,
  stage: undefined,
  maxUnavailable: 1,
};

/** A target that is in the pools given under `app/NAME`; `given` replaces parts of it. */
export function target(
  fullName: string,
  pools: readonly ScriptedPool[] = [],
  given: Partial<Omit<Target, 'settings'>> & { readonly settings?: Partial<TargetSettings> } = {},
): Target {
  const { name } = processInfo(fullName);
  return {
    info: processInfo(fullName),
    config: processConfig(fullName),
    members: pools.map((pool) => ({
      at: new PoolAddress('lb', pool),
      member: { server: `app/${name}` },
      label: `app/${name}`,
    })),
    probes: undefined,
    ready: undefined,
    ...given,
    settings: { ...quickSettings, ...given.settings },
  };
}

import type { Config, PoolConfig } from '../../config/config.ts';
import { neededOf } from '../../drain/capacity.ts';
import { type DriverSurroundings, lookOnly, servicesFor } from '../../drain/driver-surroundings.ts';
import { isSameEntry, type JournalEntry } from '../../drain/journal-file.ts';
import type { TargetMember } from '../../drain/target.ts';
import { DrainctlError, toDrainctlError } from '../../errors.ts';
import type { Pool } from '../../pools/pool.ts';
import type { ProcessName } from '../../supervisor/process.ts';
import { withTimeout } from '../../time.ts';
import type { AddressFacts, ResolvedProcess, ServerGroup } from '../facts.ts';

/** Drivers have shorter limits of their own. */
const limitMs = 30_000;

/**
 * Asks every address of every pool, side by side, for the members that the processes have there. `entries` are the
 * journal's, for pools that can't be asked.
 */
export async function gatherPools(
  config: Config,
  processes: readonly ResolvedProcess[],
  entries: readonly JournalEntry[],
  signal: AbortSignal,
): Promise<readonly AddressFacts[]> {
  const members = processes.flatMap(({ target }) =>
    target.members.map((member): Claim => ({ process: target.info.fullName, member })),
  );
  const pids = new Map(processes.map(({ target: { info } }) => [info.fullName, info.pid]));
  const takenOutAt: DriverSurroundings['takenOutAt'] = (pool, address, label) => {
    const entry = entries.find((each) => isSameEntry(each, { ...each, pool, address, label }));
    return entry === undefined ? undefined : Date.parse(entry.at);
  };
  const asked = [...config.pools.values()].flatMap((pool) =>
    // as: `options` has passed this very driver's schema when the configuration was loaded
    pool.driver
      .open(pool.options as never, servicesFor(pool.name, lookOnly(pids, takenOutAt)))
      .map((address) => askAddress(pool, address, members, signal)),
  );
  return Promise.all(asked);
}

interface Claim {
  readonly process: ProcessName;
  readonly member: TargetMember;
}

async function askAddress(
  pool: PoolConfig,
  address: Pool,
  all: readonly Claim[],
  signal: AbortSignal,
): Promise<AddressFacts> {
  const claims = all.filter(({ member: { at } }) => at.pool === pool.name && at.address === address.address);
  const members = claims.map(({ member }) => member.member);
  const isOtherHand: AddressFacts['isOtherHand'] = (before, now) => address.isOtherHand?.(before, now) ?? false;
  const { onlyInSidecar = false } = address;
  const names = { pool: pool.name, driver: pool.driver.name, address: address.address };
  const facts = { ...names, groups: [], onlyInSidecar, isOtherHand };
  const unasked = claims.map(({ process, member }) => ({ process, label: member.label, state: undefined }));
  try {
    return await withTimeout(
      limitMs,
      signal,
      () => tooLate(address.address),
      async (limited) => {
        const problems = (await address.check?.(members, limited)) ?? [];
        const states = members.length === 0 ? [] : await address.state(members, limited);
        const known = unasked.map((member, index) => ({ ...member, state: states[index] }));
        const groups = await askGroups(pool, address, members, limited);
        return { ...facts, members: known, groups, failure: undefined, problems };
      },
    );
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = toDrainctlError(error);
    return { ...facts, members: unasked, failure: { message, hint }, problems: [] };
  } finally {
    address.close?.();
  }
}

async function askGroups(
  { capacity: rule }: PoolConfig,
  { capacity }: Pool,
  members: readonly object[],
  signal: AbortSignal,
): Promise<readonly ServerGroup[]> {
  if (rule === undefined || capacity === undefined || members.length === 0) return [];
  const servers = await capacity.servers(members, signal);
  const groups = members.map((member, index): ServerGroup => {
    const count = servers[index]?.length ?? 0;
    return { name: capacity.groupOf(member), servers: count, needed: neededOf(rule, count) };
  });
  return [...new Map(groups.map((group) => [group.name, group])).values()];
}

function tooLate(address: string): DrainctlError {
  return new DrainctlError('POOL_UNREACHABLE', `${address} did not answer within ${limitMs / 1_000} s.`, {
    hint: 'See whether it hangs.',
  });
}

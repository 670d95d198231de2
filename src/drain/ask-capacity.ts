import { toDrainctlError } from '../errors.ts';
import { withTimeout } from '../time.ts';
import { type Reading, sayReading } from './capacity.ts';
import type { Target, TargetMember } from './target.ts';
import { asClause, sayDuration } from './wording.ts';

/** What has not answered by then is not known to a plan. */
const limitMs = 3_000;

/** A member, and what its address says of its group; undefined, with the reason, where it does not answer. */
export interface CapacityAnswer {
  readonly member: TargetMember;
  readonly reading: Reading | undefined;
  readonly error: string;
}

/** The members of pools that have a minimum. */
export function countedMembers(target: Target): readonly TargetMember[] {
  return target.members.filter(({ at }) => at.capacity !== undefined);
}

/** What every address says of the members' groups. Never rejects but on abort. */
export async function askCapacity(
  members: readonly TargetMember[],
  signal: AbortSignal,
): Promise<readonly CapacityAnswer[]> {
  return Promise.all(
    members.map(async (member) => {
      const { capacity } = member.at;
      if (capacity === undefined) return { member, reading: undefined, error: 'it is not counted' };
      try {
        const servers = await capacity.servers(member.member, signal);
        return { member, reading: { own: capacity.nameOf(member.member), servers, rule: capacity.rule }, error: '' };
      } catch (error) {
        signal.throwIfAborted();
        return { member, reading: undefined, error: toDrainctlError(error).message };
      }
    }),
  );
}

/** For each of the processes with a minimum what is available now, as it is said of each address. Never rejects. */
export async function capacityTexts(targets: readonly Target[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const counted = targets.filter((target) => countedMembers(target).length > 0);
  const texts = await Promise.all(
    counted.map(async (target) => [target.info.fullName, await textsOf(target)] as const),
  );
  return new Map(texts);
}

async function textsOf(target: Target): Promise<readonly string[]> {
  const members = countedMembers(target);
  const error = `no answer within ${sayDuration(limitMs)}`;
  const ask = (signal: AbortSignal) => askCapacity(members, signal);
  const answers = await withTimeout(limitMs, undefined, () => new Error(error), ask).catch(() =>
    members.map((member) => ({ member, reading: undefined, error })),
  );
  return answers.map(sayAnswer);
}

/** `app at /run/haproxy/admin.sock` */
export function sayGroup({ at, member }: TargetMember): string {
  return `${at.capacity?.groupOf(member) ?? at.pool} at ${at.address}`;
}

/** How many there are at that address, how many are needed, and who is missing. */
export function sayAnswer({ member, reading, error }: CapacityAnswer): string {
  return `${sayGroup(member)}: ${reading === undefined ? `not known (${asClause(error)})` : sayReading(reading)}`;
}

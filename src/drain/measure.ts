import type { ProcessInfo } from '../supervisor/process.ts';
import { type MemberAnswer, takeLookInTime } from './sample.ts';
import { isOurselves } from './self.ts';
import { isCounted } from './target.ts';
import type { Workshop } from './workshop.ts';

/** What the pools and probes of one process said. */
export interface Measurement {
  readonly info: ProcessInfo;
  /** Undefined: unknown, or nothing in the configuration can count its work. */
  readonly inFlight: number | undefined;
  readonly answers: readonly MemberAnswer[];
}

/**
 * Asks the pools and probes of every process that supervisord ran when it was last asked; supervisord itself is not.
 * What has not answered after `limitMs` is unknown. Never rejects.
 */
export async function measureAll(
  { world, targets }: Pick<Workshop, 'world' | 'targets'>,
  limitMs: number,
): Promise<readonly Measurement[]> {
  const { snapshot } = world.seen;
  if (snapshot === undefined) return [];
  const infos = snapshot.infos.filter((info) => !isOurselves(info, snapshot.configs.get(info.fullName)));
  return Promise.all(
    infos.map(async (info) => {
      const { target } = targets.resolve(info, snapshot);
      const { inFlight, answers } = await takeLookInTime(target, limitMs);
      return { info, inFlight: isCounted(target) ? inFlight : undefined, answers };
    }),
  );
}

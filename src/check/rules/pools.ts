import type { AddressFacts } from '../facts.ts';
import { sayNames } from '../names.ts';
import { defineRule, type Problem } from '../rule.ts';

/** A pool that can't be asked can't be told either. */
export const poolAnswers = defineRule({
  name: 'pool-answers',
  severity: 'error',
  looksAt: 'Every address of every pool answers.',
  remedy: 'See whether the load balancer runs, and compare the address.',
  needs: ['pools'],
  check: ({ pools }) =>
    pools.flatMap((at) =>
      at.failure === undefined
        ? []
        : [
            {
              target: nameOf(at),
              message: `${at.failure.message} Nothing can be depooled there.`,
              remedy: at.failure.hint,
            },
          ],
    ),
});

/** An address that answers may still refuse to change anything: HAProxy's socket without `level admin`. */
export const poolAccess = defineRule({
  name: 'pool-access',
  severity: 'error',
  looksAt: 'Every address lets drainctl take members out, such as a HAProxy socket at `level admin`.',
  remedy: 'Give drainctl the right to change members.',
  needs: ['pools'],
  check: ({ pools }) => pools.flatMap((at) => at.problems.map((problem) => ({ target: nameOf(at), ...problem }))),
});

/** A member that the pool does not know can't be taken out. */
export const membersExist = defineRule({
  name: 'members-exist',
  severity: 'error',
  looksAt: 'Every member exists at every address of its pool.',
  remedy: 'Correct `members` of the entry, or add the server to the load balancer.',
  needs: ['pools', 'processes'],
  check: ({ pools }) =>
    pools.flatMap((at) => {
      const missing = at.members.filter(({ state }) => state?.placement === 'missing');
      if (missing.length === 0) return [];
      const names = sayNames(missing.map(({ process, label }) => `${label} (${process})`));
      return [
        {
          target: nameOf(at),
          message: `It does not know ${names}, so these can't be taken out there.`,
        },
      ];
    }),
});

/** A driver that can count, and here can't tell: every drain would last until its deadline. */
export const membersCounted = defineRule({
  name: 'members-counted',
  severity: 'error',
  looksAt: 'A pool that counts what is in flight can tell it of every member.',
  remedy: 'See `drainctl status`.',
  needs: ['pools', 'processes'],
  check: ({ pools }) => pools.flatMap((at) => uncounted(at)),
});

/** With one taken out there could never be enough: every restart would wait, and end. */
export const capacityPossible = defineRule({
  name: 'capacity-possible',
  severity: 'error',
  looksAt: 'With one member taken out there can be as many others as `min_available` asks for.',
  remedy: 'Lower `min_available` of the pool, or add servers to the backend.',
  needs: ['pools', 'processes'],
  check: ({ pools }) =>
    pools.flatMap((at) =>
      at.groups
        .filter(({ servers, needed }) => needed > servers - 1)
        .map(({ name, servers, needed }) => ({
          target: nameOf(at),
          message: `min_available asks for ${needed} beside the one that goes, but ${name} has ${servers} in all. Without --force nothing of it is ever restarted, stopped or drained.`,
        })),
    ),
});

/** One problem for each reason: it is mostly the address's, not the members'. */
function uncounted(at: AddressFacts): Problem[] {
  const byReason = new Map<string, string[]>();
  for (const { label, state } of at.members) {
    const why = state?.placement === 'missing' ? undefined : state?.inFlightUnknown;
    if (why !== undefined) byReason.set(why, [...(byReason.get(why) ?? []), label]);
  }
  return [...byReason].map(([why, labels]) => ({
    target: nameOf(at),
    message: `What is in flight at ${sayNames(labels)} can't be told: ${why}. A drain lasts until its deadline.`,
  }));
}

function nameOf({ pool, address }: AddressFacts): string {
  return `pool ${pool} at ${address}`;
}

import { formatDuration } from '../../duration.ts';
import { monotonicMs } from '../../time.ts';
import type { ManagerPage } from './page.ts';

/** Remembers the nonces, which a start or reload of Apache makes anew. */
export interface ReloadWatch {
  /** Why what is in flight in this balancer can't be told; undefined: it can. */
  whyUnknown(page: ManagerPage, balancer: string): string | undefined;
}

/**
 * After a reload Apache counts from 0, and its old processes go on with their requests, which nobody can see. So what is in
 * flight is unknown for `tailMs`. With a fixed nonce, or BalancerPersist, Apache keeps the nonce; and what was reloaded
 * before the first look is not seen.
 */
export function watchReloads(tailMs: number): ReloadWatch {
  const seen = new Map<string, { nonce: string; reloadedAtMs: number }>();
  return {
    whyUnknown({ balancers }, name) {
      const nonce = balancers.get(name)?.nonce;
      if (nonce === undefined) return undefined;
      const entry = seen.get(name) ?? { nonce, reloadedAtMs: Number.NEGATIVE_INFINITY };
      if (entry.nonce !== nonce) entry.reloadedAtMs = monotonicMs();
      entry.nonce = nonce;
      seen.set(name, entry);
      if (monotonicMs() - entry.reloadedAtMs >= tailMs) return undefined;
      return (
        `Apache was reloaded; for ${formatDuration(tailMs)} its old processes may still have requests that its balancer manager ` +
        'does not count'
      );
    },
  };
}

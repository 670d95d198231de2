import type { Checker } from '../sidecar-services.ts';

/** What is known of the checkers of one process at one moment. Moments on the monotonic clock, in milliseconds. */
export interface Checked {
  readonly checkers: readonly Checker[];
  /** Since when checkers are known at all. */
  readonly knownSinceMs: number;
  readonly nowMs: number;
}

/** How a member is to be seen in or out. */
export interface Wanted {
  readonly answer: Checker['answer'];
  /** How often in a row each checker has to get that answer before it acts on it. */
  readonly times: number;
  /** When the change began. */
  readonly changedAtMs: number;
  /** Whoever has asked within so long before the change is taken to ask still. */
  readonly windowMs: number;
}

/** An answer that has left the sidecar has to reach its checker, and to be acted on. */
const onItsWayMs = 100;

/**
 * Whether every checker has noticed the change. `unknown`: nobody has asked lately, or it is not yet known for long enough
 * who asks: one that asks seldom may not have had its turn.
 */
export function noticed(checked: Checked, wanted: Wanted): 'all' | 'not all' | 'nobody asks' | 'unknown' {
  const { nowMs, knownSinceMs } = checked;
  const asking = askingNow(checked.checkers, wanted);
  if (asking.some((checker) => !hasNoticed(checker, wanted, nowMs))) return 'not all';
  if (nowMs - knownSinceMs < wanted.windowMs) return 'unknown';
  return asking.length === 0 ? 'nobody asks' : 'all';
}

/** Who has not noticed yet, and how far it is, for messages; "" where everybody has. */
export function sayWaiting({ checkers, nowMs }: Checked, wanted: Wanted): string {
  return askingNow(checkers, wanted)
    .filter((checker) => !hasNoticed(checker, wanted, nowMs))
    .map(
      ({ address, answer, times }) => `${address} (${answer === wanted.answer ? times : 0} of ${wanted.times} times)`,
    )
    .join(', ');
}

function askingNow(checkers: readonly Checker[], { changedAtMs, windowMs }: Wanted): readonly Checker[] {
  return checkers.filter(({ lastAtMs }) => lastAtMs >= changedAtMs - windowMs);
}

function hasNoticed({ answer, times, lastAtMs }: Checker, wanted: Wanted, nowMs: number): boolean {
  if (answer !== wanted.answer || times < wanted.times) return false;
  // One more answer than it needs: the earlier one has arrived.
  return times > wanted.times || nowMs - lastAtMs >= onItsWayMs;
}

import { DrainctlError } from '../errors.ts';
import type { Sample } from './drained.ts';
import { sayDuration } from './wording.ts';

/**
 * Why a process is not to be stopped although its deadline has passed: it is not confirmed to be out of its pools. A
 * deadline is for work that takes too long; here new work may come for ever, and a stop would cut that off as well.
 * Undefined: it is out. The deadline may have ended the `last` look; then the one `before` it has the say.
 */
export function doubtOf(
  process: string,
  last: Sample,
  before: Sample | undefined,
  elapsedMs: number,
): DrainctlError | undefined {
  const said = (what: string) => `${process} was not stopped: after ${sayDuration(elapsedMs)} ${what}`;
  const { notOut, missing = [], poolSilentBecause } = last;
  const where = notOut.join(', ');
  if (notOut.length > 0 && (before ?? last).notOut.length > 0) {
    if (poolSilentBecause === undefined) {
      return new DrainctlError('POOL_REFUSED', said(`it is not out of ${where}, which answers and has it in.`), {
        hint: 'Something puts it in again, or the pool does not do as it is told: see its log, and "drainctl check".',
      });
    }
    const message = said(`it is not confirmed to be out of ${where}: ${poolSilentBecause}`);
    return new DrainctlError('POOL_UNREACHABLE', message, {
      hint: 'See whether that pool runs and answers, then run the command again.',
    });
  }
  // Where something else says that it is idle, one that its pool has forgotten is out. Here nobody says so.
  if (missing.length === 0 || last.inFlight !== undefined) return undefined;
  return new DrainctlError('POOL_MEMBER_MISSING', said(`its work can't be told: ${last.unknownBecause}.`), {
    hint: 'Its pool may know it by another name by now, and send it work. Correct the member in the configuration, or add it to the pool.',
  });
}

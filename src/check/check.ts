import { DrainctlError } from '../errors.ts';
import { withTimeout } from '../time.ts';
import { applyRules, type CheckDocument } from './apply.ts';
import { type GatherOptions, gatherFacts } from './gather.ts';
import { rules } from './rules.ts';

/** Everything that is asked has a limit of its own; this is for what they add up to at worst. */
const limitMs = 120_000;

/** Looks at configuration and installation, against the live system, and changes nothing. */
export async function check(options: GatherOptions): Promise<CheckDocument> {
  const late = () =>
    new DrainctlError('INTERNAL', `the check did not end within ${limitMs / 1_000} s`, {
      hint: 'Something that it asked hangs: try "drainctl status" and "systemctl status".',
    });
  const facts = await withTimeout(limitMs, undefined, late, (signal) => gatherFacts(options, signal));
  return applyRules(rules, facts);
}

import type { RunOptions } from '../drain/api.ts';
import type { OptionDefinition } from './command.ts';

/** For the commands that take processes out, and could wait for `min_available`. */
export const forceOption: OptionDefinition = {
  flags: '--force',
  description: 'take out whatever is left: do not wait for min_available',
};

/** What {@link forceOption} makes of a run. */
export function readForce({ force }: Readonly<Record<string, unknown>>): RunOptions {
  return force === true ? { force } : {};
}

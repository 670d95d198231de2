import type { CommandResult } from '../../run-command.ts';
import type { Placement } from '../pool.ts';

const words: readonly Placement[] = ['in', 'out', 'down', 'missing'];

/**
 * What the end of a `state` command says: a word on its standard output, or, where it printed nothing at all, the exit
 * status: 0 for in, 1 for out. Undefined: nothing that is known. A program that fails exits with 1 too, but says why on
 * its standard error; that is not taken for "out".
 */
export function placementOf({
  exitCode,
  stdout,
  stderr,
}: Pick<CommandResult, 'exitCode' | 'stdout' | 'stderr'>): Placement | undefined {
  if (exitCode !== 0 && exitCode !== 1) return undefined;
  const said = stdout.trim().toLowerCase();
  if (said !== '') return words.find((word) => word === said);
  if (exitCode === 0) return 'in';
  return stderr.trim() === '' ? 'out' : undefined;
}

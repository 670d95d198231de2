import { constants } from 'node:os';
import * as z from 'zod';

/** The name of a signal that a process can handle, with or without SIG in front and in any case; it comes out as `TSTP`. */
export const signalNameSchema = z
  .string()
  .transform((text) => text.toUpperCase().replace(/^SIG/, ''))
  .refine((name) => signalNumber(name) !== undefined, 'not the name of a signal, such as TSTP or USR1')
  .refine((name) => name !== 'KILL' && name !== 'STOP', 'no process can handle that signal');

/** The number of a signal by its name without SIG; undefined: this machine has none of that name. */
export function signalNumber(name: string): number | undefined {
  // as: looked up by a name that may not be there
  return (constants.signals as Readonly<Record<string, number>>)[`SIG${name}`];
}

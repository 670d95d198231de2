import type { RunOptions } from '../drain/api.ts';
import type { Command } from './command.ts';
import { readDuration } from './duration-option.ts';
import { forceOption, readForce } from './force-option.ts';
import { runAction } from './run-action.ts';

export const drain: Command = {
  name: 'drain',
  args: '<names...>',
  summary: 'Depool processes and wait until they are idle; leave them running, on hold.',
  description:
    'A hold stays out, through restarts too, until "drainctl pool", or until --for has passed (the sidecar sees to that).',
  examples: ['drainctl drain web:web_00 --reason "heap dump" --for 30m', 'drainctl drain web:*'],
  options: [
    { flags: '--reason <text>', description: 'why; "drainctl status" shows it' },
    { flags: '--for <duration>', description: 'put it back by itself after this long, such as 30m' },
    forceOption,
  ],
  run: (context, { args, options }) => runAction(context, 'drain', args, holdOptions(options)),
};

function holdOptions(options: Readonly<Record<string, unknown>>): RunOptions {
  const { reason, for: holdFor } = options;
  return {
    ...(typeof reason === 'string' ? { reason } : {}),
    ...readForce(options),
    ...(holdFor === undefined ? {} : { holdForMs: readDuration('--for', holdFor) }),
  };
}

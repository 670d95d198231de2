import type { Command } from './command.ts';
import { forceOption, readForce } from './force-option.ts';
import { runAction } from './run-action.ts';

export const stop: Command = {
  name: 'stop',
  args: '<names...>',
  summary: 'Depool, drain, then stop processes.',
  description:
    "As supervisorctl's, but nothing is cut off: each process is taken out of its pools and stopped once it is idle.",
  examples: ['drainctl stop web:web_00', 'drainctl stop web:* --deadline 5m'],
  options: [forceOption],
  run: (context, { args, options }) => runAction(context, 'stop', args, readForce(options)),
};

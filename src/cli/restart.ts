import type { Command } from './command.ts';
import { forceOption, readForce } from './force-option.ts';
import { runAction } from './run-action.ts';

export const restart: Command = {
  name: 'restart',
  args: '<names...>',
  summary: 'Restart processes, drained, at most max_unavailable of a group at a time.',
  description:
    'The next one is taken out only when the one before is ready and back in its pools. The first failure ends the run.',
  examples: ['drainctl restart web:*', 'drainctl restart all'],
  options: [forceOption],
  run: (context, { args, options }) => runAction(context, 'restart', args, readForce(options)),
};

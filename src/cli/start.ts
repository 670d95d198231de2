import type { Command } from './command.ts';
import { runAction } from './run-action.ts';

export const start: Command = {
  name: 'start',
  args: '<names...>',
  summary: 'Start processes, wait until they are ready, and put them back.',
  description: 'What drainctl took out goes back to the state it had before; a hold stays out.',
  examples: ['drainctl start web:web_00', 'drainctl start all'],
  options: [],
  run: (context, { args }) => runAction(context, 'start', args),
};

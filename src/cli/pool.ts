import type { Command } from './command.ts';
import { runAction } from './run-action.ts';

export const pool: Command = {
  name: 'pool',
  args: '<names...>',
  summary: 'End a hold: put back what was taken out.',
  description:
    'Also for what a run left out. Each member goes back to the state it had before, once its process runs and is ready.',
  examples: ['drainctl pool web:web_00', 'drainctl pool all'],
  options: [],
  run: (context, { args }) => runAction(context, 'pool', args),
};

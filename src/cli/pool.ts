import type { Command } from './command.ts';
import { runAction } from './run-action.ts';

export const pool: Command = {
  name: 'pool',
  args: '<names...>',
  summary: 'End a hold: put back what was taken out.',
  description:
    'Also for what a run left out. Each member goes back to the state it had before, once its process runs and is ready. ' +
    'Also for a process that supervisord no longer has (GONE in "drainctl status").',
  examples: ['drainctl pool web:web_00', 'drainctl pool all', 'drainctl pool old:old_00 --forget'],
  options: [
    {
      flags: '--force',
      description:
        'also put back what is out without an entry in the journal, such as after a damaged one; a MAINT stays',
    },
    { flags: '--forget', description: 'of a process that supervisord no longer has: leave its members as they are' },
  ],
  run(context, { args, options }) {
    const force = options['force'] === true ? { force: true } : {};
    const forget = options['forget'] === true ? { forget: true } : {};
    return runAction(context, 'pool', args, { ...force, ...forget });
  },
};

import type { Command } from './command.ts';

export const shutdown: Command = {
  name: 'shutdown',
  args: '',
  summary: 'Drain and stop everything, then supervisord itself, and wait until it has gone.',
  description:
    'For ExecStop= of supervisord.service. Should the sidecar go away on the way, this command carries on by itself.',
  examples: ['drainctl shutdown', 'drainctl shutdown --deadline 2m', 'drainctl shutdown --keep-supervisord'],
  options: [{ flags: '--keep-supervisord', description: 'stop the processes, but leave supervisord itself running' }],
  async run(context, { options }) {
    const { carryOutShutdown } = await import('./carry-out-shutdown.ts');
    return carryOutShutdown(context, options['keepSupervisord'] === true);
  },
};

import type { Command } from './command.ts';
import type { ExitCode } from './exit-codes.ts';

export const listen: Command = {
  name: 'listen',
  args: '',
  summary: 'The event listener; for [eventlistener:drain] in the configuration of supervisord.',
  description:
    'Speaks the event protocol on stdin and stdout, logs JSON lines on stderr, serves the API on sidecar.socket, and holds the gate when supervisord stops.',
  examples: ['drainctl listen --config /etc/drainctl.yaml'],
  options: [],
  async run(context) {
    const sidecar = await import('../sidecar/listen.ts');
    return (await sidecar.listen({ configFile: context.configFile, env: context.env })) as ExitCode; // as: 0 or 1
  },
};

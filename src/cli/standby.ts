import type { Command } from './command.ts';
import type { ExitCode } from './exit-codes.ts';

export const standby: Command = {
  name: 'standby',
  args: '',
  summary: 'The second gate, should the sidecar be killed while it holds the first; for [program:drain-standby].',
  description:
    'Does nothing until supervisord stops it, which it does right after the listener. What the listener has drained is drained; where the listener was killed, it drains.',
  examples: ['drainctl standby --config /etc/drainctl.yaml'],
  options: [],
  async run(context) {
    const sidecar = await import('../sidecar/standby.ts');
    return (await sidecar.standby({ configFile: context.configFile, env: context.env })) as ExitCode; // as: always 0
  },
};

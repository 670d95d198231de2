import { SidecarClient } from '../sidecar/client.ts';
import type { Command } from './command.ts';
import { sidecarSocket } from './connect.ts';
import { exitCodes } from './exit-codes.ts';
import { printJson } from './output.ts';

export const cancel: Command = {
  name: 'cancel',
  args: '',
  summary: 'End the current run; put back what it took out.',
  description:
    'A process whose stop was already asked for is stopped; a restart of it is finished. A run without a sidecar ends with Ctrl-C.',
  examples: ['drainctl cancel'],
  options: [],
  async run(context) {
    const cancelled = await new SidecarClient(await sidecarSocket(context)).cancel('');
    const text = cancelled
      ? 'The current run is being cancelled; "drainctl status" shows when it has ended.'
      : 'No run is under way.';
    if (context.json) printJson(context.stdout, { cancelled });
    else context.stdout.write(`${text}\n`);
    return exitCodes.done;
  },
};

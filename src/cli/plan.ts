import { DrainctlError } from '../errors.ts';
import type { Command, CommandContext } from './command.ts';
import { connect } from './connect.ts';
import { exitCodes } from './exit-codes.ts';
import { printJson, printPlan } from './output.ts';
import { warnIfStale } from './stale-config.ts';

const plannable = ['stop', 'restart', 'shutdown'] as const;

export const plan: Command = {
  name: 'plan',
  args: '[action] [names...]',
  summary: 'Show what a stop, restart or shutdown would do, in which order, and how long at worst.',
  description: 'Changes nothing. Without an action: shutdown; without names: all.',
  examples: ['drainctl plan', 'drainctl plan restart web:*'],
  options: [],
  async run(context, { args: [action = 'shutdown', ...names] }) {
    const known = plannable.find((candidate) => candidate === action);
    if (known === undefined) {
      throw new DrainctlError('USAGE', `There is no plan for "${action}".`, {
        hint: 'Write drainctl plan [stop|restart|shutdown] [NAME...].',
      });
    }
    await loadChecked(context);
    const connection = await connect(context);
    await warnIfStale(context, connection);
    const { api } = connection;
    const document = await api.getPlan(known, names, { deadlineMs: context.deadlineMs });
    if (context.json) printJson(context.stdout, document);
    else printPlan(context.stdout, document);
    return exitCodes.done;
  },
};

/** A sidecar plans by the file that it has read; that the file is right now is seen here, before it is needed. */
async function loadChecked(context: CommandContext): Promise<void> {
  const { loadConfig } = await import('../config/load.ts');
  loadConfig(context.configFile, { env: context.env });
}

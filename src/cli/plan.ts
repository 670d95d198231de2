import { DrainctlError } from '../errors.ts';
import type { Command } from './command.ts';
import { connect } from './connect.ts';
import { exitCodes } from './exit-codes.ts';
import { printJson, printPlan } from './output.ts';

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
    const { api } = await connect(context);
    const document = await api.getPlan(known, names, { deadlineMs: context.deadlineMs });
    if (context.json) printJson(context.stdout, document);
    else printPlan(context.stdout, document);
    return exitCodes.done;
  },
};

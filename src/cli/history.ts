import { DrainctlError } from '../errors.ts';
import type { Command } from './command.ts';
import { connect } from './connect.ts';
import { exitCodes } from './exit-codes.ts';
import { printHistory } from './history-output.ts';
import { printJson } from './output.ts';

export const history: Command = {
  name: 'history',
  args: '',
  summary: 'Show past runs: how long each phase took, what was in flight at the stop, what was cut off.',
  description: 'The latest first. It is kept in state_dir and survives a reboot.',
  examples: ['drainctl history', 'drainctl history --limit 100 --json'],
  options: [{ flags: '--limit <runs>', description: 'how many (default: 20)' }],
  async run(context, { options }) {
    const limit = readLimit(options['limit'] ?? '20');
    const { api } = await connect(context);
    const runs = await api.getHistory(limit);
    if (context.json) printJson(context.stdout, runs);
    else if (runs.length === 0) context.stderr.write('drainctl: the history has no runs yet\n');
    else printHistory(context.stdout, runs);
    return exitCodes.done;
  },
};

function readLimit(value: unknown): number {
  const limit = Number(value);
  if (Number.isInteger(limit) && limit > 0 && limit <= 10_000) return limit;
  throw new DrainctlError('USAGE', `--limit ${String(value)} is not a number of runs.`, {
    hint: 'Write a whole number from 1 to 10000.',
  });
}

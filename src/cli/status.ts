import type { StatusDocument } from '../drain/api.ts';
import { selectProcesses } from '../supervisor/names.ts';
import { sleep } from '../time.ts';
import type { Command, CommandContext } from './command.ts';
import { connect } from './connect.ts';
import { exitCodes } from './exit-codes.ts';
import { printJson, printStatus } from './output.ts';

const watchIntervalMs = 1_000;
const clearScreen = '\u001b[H\u001b[J';

export const status: Command = {
  name: 'status',
  args: '[names...]',
  summary: 'Show each process: its state, its pools, what is in flight, since when and why.',
  description: 'In flight is "unknown" where a pool or probe does not answer, and "-" where nothing counts the work.',
  examples: ['drainctl status', 'drainctl status web:* --watch', 'drainctl status --json'],
  options: [{ flags: '--watch', description: 'show it anew every second, until Ctrl-C' }],
  async run(context, { args, options }) {
    const { api } = await connect(context);
    do {
      show(context, choose(await api.getStatus(), args), options['watch'] === true);
      if (options['watch'] === true) await sleep(watchIntervalMs);
    } while (options['watch'] === true && context.stdout.failure === undefined);
    return exitCodes.done;
  },
};

function show(context: CommandContext, document: StatusDocument, watches: boolean): void {
  if (context.json) {
    printJson(context.stdout, document);
    return;
  }
  if (watches && context.stdout.isTTY === true) context.stdout.write(clearScreen);
  for (const warning of document.warnings) context.stderr.write(`drainctl: ${warning}\n`);
  printStatus(context.stdout, document, Date.now());
}

function choose(document: StatusDocument, names: readonly string[]): StatusDocument {
  if (names.length === 0) return document;
  const named = document.processes.map((process) => {
    const [group = '', name = ''] = process.name.split(':');
    return { fullName: process.name, group, name, process };
  });
  return { ...document, processes: selectProcesses(names, named).map((chosen) => chosen.process) };
}

import type { Command } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { code, markdownTable } from './markdown.ts';

/** The README's table of commands. */
export async function commandTable(): Promise<string> {
  const all = await Promise.all([...commands.values()].map((load) => load()));
  const rows = all.map((command) => [code(usage(command)), meaning(command)]);
  return markdownTable(['command', 'what it does'], rows);
}

function usage({ name, args, options }: Command): string {
  const flags = options.map(({ flags }) => `[${flags}]`);
  return [
    'drainctl',
    name,
    args.replaceAll(/[[\]<>]/g, (bracket) => ({ '<': '', '>': '' })[bracket] ?? bracket),
    ...flags,
  ]
    .filter((word) => word !== '')
    .join(' ');
}

function meaning({ summary, description }: Command): string {
  return `${summary} ${description}`.trim();
}

import type { Command } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { code, markdownTable } from './markdown.ts';

/** The README's table of commands. */
export function commandTable(): string {
  const rows = [...commands.values()].map((command) => [code(usage(command)), meaning(command)]);
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

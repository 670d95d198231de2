import { DrainctlError } from '../errors.ts';
import { closest } from '../suggest.ts';
import type { Command, TextOutput } from './command.ts';
import type { DriverDocument, KeyDocument } from './driver-documents.ts';
import { exitCodes } from './exit-codes.ts';
import { printJson } from './output.ts';
import { printTable } from './table.ts';

export const drivers: Command = {
  name: 'drivers',
  args: '[name]',
  summary: 'List pools, probes and steps; with a name, its options and an example.',
  description: '',
  examples: ['drainctl drivers', 'drainctl drivers haproxy'],
  options: [],
  async run({ stdout, json }, { args: [name] }) {
    const { allDrivers } = await import('./driver-documents.ts');
    const all = allDrivers();
    const found = name === undefined ? all : all.filter((driver) => driver.name === name);
    if (name !== undefined && found.length === 0) throw unknownDriver(name, all);
    if (json) printJson(stdout, found);
    else if (name === undefined)
      printTable(
        stdout,
        ['KIND', 'NAME', 'WHAT IT IS'],
        found.map(({ kind, name, summary }) => [kind, name, summary]),
      );
    else for (const driver of found) printDriver(stdout, driver);
    return exitCodes.done;
  },
};

function printDriver(output: TextOutput, driver: DriverDocument): void {
  output.write(`${driver.kind} ${driver.name}: ${driver.summary}\n${driver.reference}\n`);
  printKeys(output, driver.kind === 'pool' ? 'Options of the pool' : 'Options', driver.options);
  printKeys(output, 'Keys of a member', driver.member);
  output.write(`\nExample:\n${driver.example.trim()}\n`);
}

function printKeys(output: TextOutput, title: string, keys: readonly KeyDocument[]): void {
  if (keys.length === 0) return;
  output.write(`\n${title}:\n`);
  for (const { key, required, description } of keys)
    output.write(`  ${key}${required ? ' (required)' : ''}: ${description}\n`);
}

function unknownDriver(name: string, all: readonly DriverDocument[]): DrainctlError {
  const names = new Set(all.map((driver) => driver.name));
  const near = closest(name, names);
  return new DrainctlError(
    'USAGE',
    `There is no pool, probe or step "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
    {
      hint: '"drainctl drivers" lists them.',
    },
  );
}

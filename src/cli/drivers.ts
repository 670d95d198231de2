import * as z from 'zod';
import { DrainctlError } from '../errors.ts';
import { poolDrivers } from '../pools/index.ts';
import { probeDrivers } from '../probes/index.ts';
import { closest } from '../suggest.ts';
import type { Command, TextOutput } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { printJson } from './output.ts';
import { printTable } from './table.ts';

/** One key of a driver, as people and programs see it. */
type KeyDocument = { readonly key: string; readonly required: boolean; readonly description: string };

/** One driver. */
type DriverDocument = {
  readonly kind: 'pool' | 'probe';
  readonly name: string;
  readonly summary: string;
  readonly reference: string;
  readonly options: readonly KeyDocument[];
  /** Keys of a member; none for a probe. */
  readonly member: readonly KeyDocument[];
  readonly example: string;
};

export const drivers: Command = {
  name: 'drivers',
  args: '[name]',
  summary: 'List pools and probes; with a name, its options and an example.',
  description: '',
  examples: ['drainctl drivers', 'drainctl drivers haproxy'],
  options: [],
  async run({ stdout, json }, { args: [name] }) {
    const found = name === undefined ? allDrivers() : allDrivers().filter((driver) => driver.name === name);
    if (name !== undefined && found.length === 0) throw unknownDriver(name);
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

function allDrivers(): DriverDocument[] {
  const pools = [...poolDrivers.values()].map(({ name, summary, reference, options, member, example }) => ({
    ...{ kind: 'pool' as const, name, summary, reference, example },
    options: keysOf(options),
    member: keysOf(member),
  }));
  const probes = [...probeDrivers.values()].map(({ name, summary, reference, options, example }) => ({
    ...{ kind: 'probe' as const, name, summary, reference, example },
    options: keysOf(options),
    member: [],
  }));
  return [...pools, ...probes];
}

function keysOf(schema: z.ZodObject): KeyDocument[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([key, property]) => ({
    key,
    required: required.includes(key),
    description: typeof property === 'object' ? (property.description ?? '') : '',
  }));
}

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

function unknownDriver(name: string): DrainctlError {
  const names = new Set(allDrivers().map((driver) => driver.name));
  const near = closest(name, names);
  return new DrainctlError(
    'USAGE',
    `There is no pool or probe "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
    {
      hint: '"drainctl drivers" lists them.',
    },
  );
}

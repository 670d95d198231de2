import { looseConfigSchema } from '../../src/config/schema.ts';
import { poolDrivers } from '../../src/pools/index.ts';
import { probeDrivers } from '../../src/probes/index.ts';
import { stepDrivers } from '../../src/steps/index.ts';
import { code, markdownTable } from './markdown.ts';
import { type SchemaKey, schemaKeys } from './schema-keys.ts';

const whichStep = `Which step: ${listed(stepDrivers)}. Its own keys stand beside it: see docs/drivers.md.`;

/** What the schema leaves to the drivers, in words. */
const driverKeys: Readonly<Record<string, string>> = {
  'pools.NAME.driver': `Which kind of pool: ${listed(poolDrivers)}. Its own keys stand beside it: see docs/drivers.md.`,
  'programs.NAME.members[].pool':
    "A name under `pools`. The driver's member keys stand beside it: see docs/drivers.md.",
  'programs.NAME.in_flight[].probe': `Which probe: ${listed(probeDrivers)}. Its own keys stand beside it: see docs/drivers.md.`,
  'programs.NAME.before_stop[].step': whichStep,
  'programs.NAME.after_drain[].step': whichStep,
};

/** Every key of the configuration. Those of `defaults` may stand in a program too, and are listed once. */
export function configKeys(): SchemaKey[] {
  const keys = schemaKeys(looseConfigSchema).map((key) => ({
    ...key,
    description: key.description || (driverKeys[key.key] ?? ''),
  }));
  const policy = new Set(
    keys.flatMap(({ key }) => (key.startsWith('defaults.') ? [key.slice('defaults.'.length)] : [])),
  );
  return keys.filter(({ key }) => !policy.has(key.replace(/^programs\.NAME\./, '')));
}

/** The table of all keys, for the README. */
export function configTable(): string {
  return keyTable(configKeys());
}

/** The tables of docs/configuration.md, by the name of their block. */
export function configBlocks(): Map<string, string> {
  const sections = ['supervisor', 'sidecar', 'pools', 'defaults', 'programs', 'programs.NAME.ready'];
  const sectionOf = (key: string) => sections.findLast((section) => key.startsWith(`${section}.`)) ?? 'top level';
  const blocks = new Map<string, SchemaKey[]>([...sections, 'top level'].map((section) => [section, []]));
  for (const key of configKeys()) blocks.get(sectionOf(key.key))?.push(key);
  return new Map([...blocks].map(([section, keys]) => [`config ${section}`, keyTable(keys)]));
}

/** Keys with their types and defaults. */
export function keyTable(keys: readonly SchemaKey[]): string {
  const rows = keys.map((key) => [code(key.key), key.type, defaultCell(key), key.description]);
  return markdownTable(['key', 'type', 'default', 'meaning'], rows);
}

/** One word is a value; several say where the value comes from. */
function defaultCell({ default: text }: SchemaKey): string {
  if (text === '' || text === 'none') return '–';
  return text === 'required' || text.includes(' ') ? text : code(text);
}

function listed(drivers: ReadonlyMap<string, unknown>): string {
  return [...drivers.keys()].map(code).join(', ');
}

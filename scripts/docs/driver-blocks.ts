import { stepKeys } from '../../src/config/steps.ts';
import { poolDrivers } from '../../src/pools/index.ts';
import { probeDrivers } from '../../src/probes/index.ts';
import { stepDrivers } from '../../src/steps/index.ts';
import { keyTable } from './config-blocks.ts';
import { code, markdownTable } from './markdown.ts';
import { schemaKeys } from './schema-keys.ts';

/** The blocks of docs/drivers.md: an overview, and one for each driver. */
export function driverBlocks(): Map<string, string> {
  const overview = [
    ...[...poolDrivers.values()].map(({ name, summary }) => [link(name), 'pool', summary]),
    ...[...probeDrivers.values()].map(({ name, summary }) => [link(name, probeHeading(name)), 'probe', summary]),
    ...[...stepDrivers.values()].map(({ name, summary }) => [link(name, stepHeading(name)), 'step', summary]),
  ];
  const blocks = new Map([['drivers', markdownTable(['name', 'kind', 'what it is'], overview)]]);
  for (const { name, reference, options, member, example } of poolDrivers.values()) {
    const tables = [
      `Keys of \`pools.NAME\`, beside \`driver: ${name}\`:`,
      keyTable(schemaKeys(options)),
      'Keys of a member, beside `pool`:',
      keyTable(schemaKeys(member)),
    ];
    blocks.set(`driver ${name}`, [...tables, ...closing(reference, example)].join('\n\n'));
  }
  for (const { name, reference, options, example } of probeDrivers.values()) {
    const tables = [`Keys of an entry of \`in_flight\`, beside \`probe: ${name}\`:`, keyTable(schemaKeys(options))];
    blocks.set(`driver ${probeHeading(name)}`, [...tables, ...closing(reference, example)].join('\n\n'));
  }
  for (const { name, reference, options, example } of stepDrivers.values()) {
    const keys = keyTable(schemaKeys(options.extend(stepKeys())));
    const tables = [`Keys of an entry of \`before_stop\` and \`after_drain\`, beside \`step: ${name}\`:`, keys];
    blocks.set(`driver ${stepHeading(name)}`, [...tables, ...closing(reference, example)].join('\n\n'));
  }
  return blocks;
}

/** Likewise for a step. */
function stepHeading(name: string): string {
  return poolDrivers.has(name) || probeDrivers.has(name) ? `${name} step` : name;
}

/** Where a pool has the same name, the probe's section says which of the two it is. */
function probeHeading(name: string): string {
  return poolDrivers.has(name) ? `${name} probe` : name;
}

function link(name: string, heading = name): string {
  return `[${code(name)}](#${heading.replaceAll(' ', '-')})`;
}

function closing(reference: string, example: string): string[] {
  return [`Reference: <${reference}>`, `\`\`\`yaml\n${example.trim()}\n\`\`\``];
}

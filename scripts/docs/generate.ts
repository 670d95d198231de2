import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiBlocks } from './api-blocks.ts';
import { ruleTable } from './check-blocks.ts';
import { commandTable } from './command-blocks.ts';
import { configBlocks, configTable } from './config-blocks.ts';
import { driverBlocks } from './driver-blocks.ts';
import { fillBlocks } from './markdown.ts';
import { metricBlocks } from './metric-blocks.ts';

/** The project's folder, with a slash at the end. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The documents for users, relative to {@link root}. */
export const documents: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Every block that is made from the code, by its name. */
export function generatedBlocks(): ReadonlyMap<string, string> {
  return new Map([
    ['commands', commandTable()],
    ['rules', ruleTable()],
    ['config', configTable()],
    ...configBlocks(),
    ...driverBlocks(),
    ...apiBlocks(),
    ...metricBlocks(),
  ]);
}

/** A document as it stands, and as it should. */
export function readDocument(name: string, blocks: ReadonlyMap<string, string>): { is: string; shouldBe: string } {
  const is = readFileSync(`${root}${name}`, 'utf8');
  return { is, shouldBe: fillBlocks(is, blocks) };
}

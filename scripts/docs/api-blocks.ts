import { readFileSync } from 'node:fs';
import type { DrainApi } from '../../src/drain/api.ts';
import type { RpcMethods } from '../../src/rpc/methods.ts';
import { withSystemMethods } from '../../src/rpc/system-methods.ts';
import { drainMethods } from '../../src/sidecar/api-methods.ts';
import { code, markdownTable } from './markdown.ts';

/** The sidecar's methods, to be read of: there is no engine behind them. */
export function documentedMethods(): RpcMethods {
  return withSystemMethods(drainMethods({} as DrainApi)); // as: only help and signatures are read, nothing is called
}

/** The blocks of docs/api.md: the methods, and one for each struct that they give. */
export function apiBlocks(): Map<string, string> {
  const methods = [...documentedMethods()].map(([name, { signature, optionalParams = 0, help }]) => {
    const [result, ...params] = signature;
    return [code(name), paramList(params, optionalParams), result, help];
  });
  const blocks = new Map([['methods', markdownTable(['method', 'parameters', 'result', 'what it does'], methods)]]);
  for (const [name, fields] of structs()) {
    const rows = fields.map(({ field, type, meaning }) => [code(field), type, meaning]);
    blocks.set(`struct ${name}`, markdownTable(['member', 'type', 'meaning'], rows));
  }
  return blocks;
}

function paramList(params: readonly string[], optional: number): string {
  const least = params.length - optional;
  const words = params.map((type, index) => (index < least ? type : `[${type}]`));
  return words.length === 0 ? '–' : words.join(', ');
}

interface Field {
  readonly field: string;
  readonly type: string;
  readonly meaning: string;
}

/** The documents that src/drain/api.ts and api-status.ts declare as types; what they are at run time is not known there. */
function structs(): Map<string, Field[]> {
  const files = ['api.ts', 'api-status.ts'];
  const read = (file: string) => readFileSync(new URL(`../../src/drain/${file}`, import.meta.url), 'utf8');
  const source = files.map(read).join('\n');
  const found = [...source.matchAll(/^export type (\w+) = \{(?:\n(.*?)\n\}| ([^\n]*) \});$/gms)];
  return new Map(found.map(([, name = '', lines, line]) => [name, fieldsOf(lines ?? line ?? '')]));
}

function fieldsOf(body: string): Field[] {
  const text = body.replaceAll('\n', ' ');
  const fields = text.matchAll(
    /(?:\/\*\* (?<meaning>(?:(?!\*\/).)*?) ?\*\/ *)?readonly (?<field>\w+): (?<type>(?:\{[^}]*\}|[^;{])*);?/g,
  );
  return [...fields].map(({ groups = {} }) => ({
    field: groups['field'] ?? '',
    type: rpcType(groups['type'] ?? ''),
    meaning: groups['meaning'] ?? '',
  }));
}

const plainTypes: Readonly<Record<string, string>> = { string: 'string', number: 'int', boolean: 'boolean' };

/** What a type of TypeScript is in XML-RPC. */
function rpcType(type: string): string {
  const text = type.trim();
  if (text.endsWith('[]')) return `array of ${elementType(text.replace(/^readonly /, '').slice(0, -2))}`;
  if (text.startsWith('{')) return elementType(text);
  return plainTypes[text] ?? (/Document$|Report$|Status$|Progress$|Step$|Process$/.test(text) ? text : 'string');
}

function elementType(type: string): string {
  return type.trim().startsWith('{')
    ? `struct {${fieldsOf(type)
        .map(({ field }) => field)
        .join(', ')}}`
    : rpcType(type);
}

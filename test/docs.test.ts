import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentedMethods } from '../scripts/docs/api-blocks.ts';
import { configKeys } from '../scripts/docs/config-blocks.ts';
import { documents, generatedBlocks, readDocument, root } from '../scripts/docs/generate.ts';
import { blockNames, fillBlocks, tableUnder } from '../scripts/docs/markdown.ts';
import { commands } from '../src/cli/commands.ts';
import { exitCodeOfError, exitCodes } from '../src/cli/exit-codes.ts';
import { runCommandLine } from '../src/cli/run.ts';
import { loadConfig } from '../src/config/load.ts';
import { type ErrorCode, errorCatalogue } from '../src/errors.ts';
import { errorNumbers } from '../src/rpc/error-faults.ts';
import { callMethod } from '../src/rpc/methods.ts';
import { labelValues, metricDeclarations, processMetricNames } from '../src/sidecar/http/metric-declarations.ts';
import { expansionValues } from '../src/supervisor/expansions.ts';
import { exampleFiles, exampleNames } from './support/example.ts';
import { anchorsOf, commandMentions, linksOf, yamlBlocks } from './support/markdown.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const blocks = generatedBlocks();
const readme = read('README.md');
const errors = read('docs/errors.md');
/** The README of each folder of examples/. */
const guides = exampleNames().map((name) => `examples/${name}/README.md`);

function read(name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

/** The text between the first backquotes, or the whole where there are none. */
function plain(cell = ''): string {
  return /`([^`]*)`/.exec(cell)?.[1] ?? cell;
}

function flagsIn(text: string): string[] {
  return [...new Set(text.match(/--[a-z][a-z-]*/g))].sort();
}

async function helpOf(args: readonly string[]): Promise<string> {
  let text = '';
  const output = {
    write(part: string) {
      text += part;
    },
  };
  await runCommandLine({ args, env: {}, stdout: output, stderr: output });
  return text;
}

/** What comes of a configuration, without the name of its file; throws with all its mistakes. */
async function load(text: string): Promise<object> {
  await using directory = temporaryDirectory();
  directory.write('drainctl.password', 'secret\n');
  const { file: _, ...config } = loadConfig(directory.write('drainctl.yaml', text), { env: {} });
  return config;
}

describe('tables made from the code', () => {
  test.each(documents)('%s is up to date (if not: npx tsx scripts/docs.ts)', (name) => {
    const { is, shouldBe } = readDocument(name, blocks);

    expect(is).toBe(shouldBe);
  });

  test('each stands in some document', () => {
    const used = documents.flatMap((name) => blockNames(read(name)));

    expect(used.toSorted()).toEqual([...blocks.keys()].sort());
  });

  test('a table that has been edited by hand is noticed', () => {
    const edited = readme.replace('`drainctl cancel`', '`drainctl abort`');

    expect(fillBlocks(edited, blocks)).not.toBe(edited);
  });
});

describe('exit codes', () => {
  test('the README has each, and no other', () => {
    const documented = tableUnder(readme, 'Exit codes').map(([code]) => Number(code));

    expect(documented).toEqual(Object.values(exitCodes).toSorted());
  });
});

describe('options of every command', () => {
  test('the README has each, and no other', async () => {
    const documented = tableUnder(readme, 'Options of every command').map(([flags]) => plain(flags));
    const [, options = ''] = (await helpOf(['cancel', '--help'])).split('Options:');
    const flags = [...options.matchAll(/^ {2}(-\S.*?)(?: {2}|$)/gm)].map(([, flag]) => flag);

    expect(documented).toEqual(flags);
  });
});

describe('every command that a document shows', () => {
  const shown = [...documents, ...guides].flatMap((name) =>
    commandMentions(read(name)).map((mention) => ({ name, ...mention })),
  );

  test('exists', () => {
    const unknown = shown.filter(({ command }) => !commands.has(command) && command !== 'help');

    expect(unknown).toEqual([]);
  });

  test('takes the options that it is shown with', async () => {
    const helps = await Promise.all(
      [...commands.keys()].map(async (name) => [name, flagsIn(await helpOf([name, '--help']))] as const),
    );
    const known = new Map(helps);
    const wrong = shown.filter(({ command, flags }) => flags.some((flag) => !known.get(command)?.includes(flag)));

    expect(wrong).toEqual([]);
  });

  test('is found at all', () => {
    expect(shown.map(({ command }) => command)).toEqual(expect.arrayContaining(['plan', 'pool', 'shutdown', 'listen']));
  });
});

describe('docs/errors.md', () => {
  const rows = tableUnder(errors, 'Codes');
  const codes = Object.keys(errorCatalogue) as ErrorCode[]; // as: Object.keys() widens

  test('has each code, in the order of the catalogue, and no other', () => {
    expect(rows.map(([code]) => plain(code))).toEqual(codes);
  });

  test.each(codes)('tells what %s is', (code) => {
    const [, fault, exit, meaning, remedy] = rows.find(([cell]) => plain(cell) === code) ?? [];

    expect({ fault, exit, meaning }).toEqual({
      fault: String(1000 + errorNumbers[code]),
      exit: String(exitCodeOfError(code)),
      meaning: errorCatalogue[code],
    });
    expect(remedy).not.toBe('');
  });

  test('has a section for each code, and no other', () => {
    const headings = [...errors.matchAll(/^## ([A-Z_]+)$/gm)].map(([, heading]) => heading);

    expect(headings).toEqual(codes);
  });
});

describe('the configuration', () => {
  test('each default that is documented is the default', async () => {
    const [nothing, ...written] = await Promise.all([JSON.stringify(withoutDefaults()), defaultsAsYaml()].map(load));

    expect(written).toEqual([nothing]);
  });

  test('each key has a meaning', () => {
    expect(configKeys().filter(({ description }) => description === '')).toEqual([]);
  });
});

/** What must be there for every default to have a place. */
function withoutDefaults(): Record<string, unknown> {
  return {
    pools: { NAME: { driver: 'haproxy', addresses: ['/run/haproxy.sock'], min_available: 1 } },
    programs: {
      web: {
        before_stop: [{ step: 'pause', for: '1s' }],
        after_drain: [{ step: 'pause', for: '1s' }],
        ready: { exec: ['true'] },
      },
    },
  };
}

/** A configuration that says in full what is documented to be the default. */
function defaultsAsYaml(): string {
  const root = withoutDefaults();
  for (const { key, default: text } of configKeys()) {
    if (text === '' || text === 'none' || text === 'required' || text.includes(' ')) continue;
    setAt(root, key.replace('programs.NAME', 'programs.web').split('.'), /^\d+$/.test(text) ? Number(text) : text);
  }
  return JSON.stringify(root).replaceAll('\\"', '');
}

function setAt(parent: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    parent[key] = value;
    return;
  }
  // as: only maps have keys below them, and lists of maps, of which it is the first one
  const below = parent[key.replace('[]', '')] as Record<string, unknown> | [Record<string, unknown>] | undefined;
  const map = Array.isArray(below) ? below[0] : (below ?? {});
  parent[key.replace('[]', '')] = Array.isArray(below) ? below : map;
  setAt(map, rest, value);
}

test('docs/api.md has each option of drain.start, and no other', async () => {
  const documented = tableUnder(read('docs/api.md'), 'Options of a run').map(([option]) => plain(option));
  const refused = await callMethod(documentedMethods(), 'drain.start', ['stop', [], { nope: true }], {
    signal: new AbortController().signal,
  }).catch((error: unknown) => error);

  expect(refused).toMatchObject({ code: 'USAGE', hint: `Options are ${documented.join(', ')}.` });
});

test('docs/metrics.md speaks of no metric that there is not', () => {
  const mentioned = read('docs/metrics.md').match(/\b(?:drainctl|process|nodejs)_\w+\b/g) ?? [];
  const known = [...Object.values(metricDeclarations).map(({ name }) => name), ...processMetricNames];
  const words = new Set<string>([...known, ...labelValues.kind]);

  expect([...new Set(mentioned)].filter((name) => !words.has(name))).toEqual([]);
});

test('docs/configuration.md has each expansion, and no other', () => {
  const documented = tableUnder(read('docs/configuration.md'), 'Expansions').flatMap(([cell = '']) =>
    [...cell.matchAll(/%\((\w+)\)/g)].map(([, name]) => name),
  );
  const known = expansionValues({ group: 'web', name: 'web_00' }, { X: '1' }, 'node1');

  expect(documented.toSorted()).toEqual([...known.keys()].sort());
});

describe('every example of a configuration loads', () => {
  const inDocuments = [...documents, ...guides].flatMap((name) =>
    yamlBlocks(read(name)).map((text, index) => [`${name}, example ${index + 1}`, text] as const),
  );
  const files = exampleNames().map((name) => [`examples/${name}`, read(`examples/${name}/drainctl.yaml`)] as const);

  test.each([...inDocuments, ...files])('%s', async (_, text) => {
    await expect(load(text)).resolves.toBeDefined();
  });

  test('examples/ holds nothing that the README does not name', () => {
    expect(guides.filter((guide) => !linksOf(readme).includes(guide))).toEqual([]);
  });

  test.each(exampleNames())('the README of examples/%s names each of its files', (name) => {
    const text = read(`examples/${name}/README.md`);

    expect(exampleFiles(name).filter((file) => file !== 'README.md' && !text.includes(`\`${file}\``))).toEqual([]);
  });
});

describe('links', () => {
  test.each([...documents, ...guides])('%s leads to files and headings that exist', (name) => {
    const broken = linksOf(read(name)).filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(name, target));

    expect(broken).toEqual([]);
  });

  test('a heading that is not there is noticed', () => {
    expect(leadsSomewhere('README.md', 'docs/errors.md#no-such-heading')).toBe(false);
  });
});

function leadsSomewhere(document: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? document : normalize(join(dirname(document), path));
  if (!existsSync(join(root, file))) return false;
  return anchor === undefined || anchorsOf(read(file)).has(anchor);
}

test('docs/architecture.md has each folder of src, and no other', () => {
  const documented = tableUnder(read('docs/architecture.md'), 'Layout').map(([path]) => plain(path));
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const withFiles = folders.filter(({ name }) => readdirSync(join(root, 'src', name)).length > 0);

  expect(documented.toSorted()).toEqual(['src/main.ts', ...withFiles.map(({ name }) => `src/${name}/`)].sort());
});

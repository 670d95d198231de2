import { dirname, posix } from 'node:path';
import ts from 'typescript';

/** The sources by path from the project's folder, with slashes: `src/drain/run.ts`. */
export type Sources = ReadonlyMap<string, string>;

/**
 * Whom the files of each folder of src may import, besides their own folder. `base` is the files that lie in src
 * itself. In words: cli → check → install → sidecar → drain → config → {pools, probes, steps, supervisor, systemd} → rpc → base.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'base'],
  cli: [
    'check',
    'install',
    'sidecar',
    'systemd',
    'drain',
    'config',
    'pools',
    'probes',
    'steps',
    'supervisor',
    'rpc',
    'base',
  ],
  check: ['install', 'sidecar', 'systemd', 'drain', 'config', 'pools', 'probes', 'steps', 'supervisor', 'rpc', 'base'],
  install: ['systemd', 'config', 'supervisor', 'rpc', 'base'],
  sidecar: ['systemd', 'drain', 'config', 'pools', 'probes', 'steps', 'supervisor', 'rpc', 'base'],
  drain: ['config', 'pools', 'probes', 'steps', 'supervisor', 'rpc', 'base'],
  config: ['pools', 'probes', 'steps', 'supervisor', 'rpc', 'base'],
  pools: ['rpc', 'base'],
  probes: ['rpc', 'base'],
  steps: ['rpc', 'base'],
  supervisor: ['rpc', 'base'],
  systemd: ['base'],
  rpc: ['base'],
  base: [],
};

/** Packages that only these folders may use: everyone else would tie the engine to one way of running it. */
const packageOwners: Readonly<Record<string, readonly string[]>> = {
  commander: ['cli'],
  pino: ['cli', 'sidecar'],
  'prom-client': ['sidecar'],
  xmlrpc: ['rpc'],
};

/** The folders in which every file that the registry imports is a driver, and the contracts, which are all that the engine knows. */
const driverFolders: Readonly<Record<string, { readonly registry: string; readonly contracts: readonly string[] }>> = {
  pools: { registry: 'src/pools/index.ts', contracts: ['src/pools/pool.ts'] },
  probes: { registry: 'src/probes/index.ts', contracts: ['src/probes/probe.ts', 'src/probes/ready.ts'] },
  steps: { registry: 'src/steps/index.ts', contracts: ['src/steps/step.ts'] },
};

/** How many lines a source file may have. */
const maxLines = 250;

interface Import {
  readonly from: string;
  /** A path within src, or a package's name. */
  readonly to: string;
  readonly line: number;
}

/** Every breach of the rules in DESIGN.md's "Source layout", one line each; `longFiles` maps longer files to the reason. */
export function architectureViolations(sources: Sources, longFiles: ReadonlyMap<string, string> = new Map()): string[] {
  const imports = [...sources].flatMap(([path, text]) => importsOf(path, text));
  return [
    ...imports.flatMap((each) => [...layerBreach(each), ...packageBreach(each)]),
    ...driverBreaches(imports),
    ...cycles(imports),
    ...[...sources].flatMap(([path, text]) => [...defaultExports(path, text), ...tooLong(path, text, longFiles)]),
    ...[...longFiles.keys()]
      .filter((path) => lines(sources.get(path) ?? '') <= maxLines)
      .map((path) => `${path}: is listed as longer than ${maxLines} lines, and is not; take it off the list`),
  ];
}

function importsOf(path: string, text: string): Import[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles
    .filter(({ fileName }) => !fileName.startsWith('node:'))
    .map(({ fileName, pos }) => ({
      from: path,
      to: fileName.startsWith('.') ? posix.join(dirname(path), fileName) : packageName(fileName),
      line: lines(text.slice(0, pos)),
    }));
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The folder of src that a path belongs to; undefined for a package. */
function folderOf(path: string): string | undefined {
  if (path === 'src/main.ts') return 'main';
  const [top, folder, ...rest] = path.split('/');
  if (top !== 'src') return undefined;
  return rest.length === 0 ? 'base' : folder;
}

function layerBreach({ from, to, line }: Import): string[] {
  const [importer, imported] = [folderOf(from), folderOf(to)];
  if (importer === undefined) return [];
  const allowed = mayImport[importer];
  if (allowed === undefined) return [`${from}: src/${importer} is no folder of the layout`];
  if (to.startsWith('..') || (imported === undefined && to.includes('/') && !to.startsWith('@'))) {
    return [`${from}:${line}: imports ${to}, which lies outside src`];
  }
  if (imported === undefined || imported === importer || allowed.includes(imported)) return [];
  return [`${from}:${line}: ${importer} may not import ${imported} (${to})`];
}

function packageBreach({ from, to, line }: Import): string[] {
  const owners = packageOwners[to];
  const importer = folderOf(from);
  if (owners === undefined || importer === undefined || owners.includes(importer)) return [];
  return [`${from}:${line}: only ${owners.join(' and ')} may import ${to}`];
}

/** A driver is imported by its registry alone, and the engine knows no more than the contract. */
function driverBreaches(imports: readonly Import[]): string[] {
  return Object.entries(driverFolders).flatMap(([folder, { registry, contracts }]) => {
    const drivers = imports.filter(({ from, to }) => from === registry && !contracts.includes(to)).map(({ to }) => to);
    const intoFolder = imports.filter(({ from, to }) => from !== registry && folderOf(to) === folder);
    return intoFolder.flatMap(({ from, to, line }) => {
      if (drivers.includes(to)) return [`${from}:${line}: only ${registry} may import the driver ${to}`];
      if (folderOf(from) === 'drain' && !contracts.includes(to))
        return [`${from}:${line}: drain may import only ${contracts.join(' and ')}, not ${to}`];
      return [];
    });
  });
}

/** Each circle of imports once, as a path that ends where it began. */
function cycles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push(`circle: ${[...trail.slice(start), path].join(' → ')}`);
    if (start >= 0 || done.has(path)) return;
    for (const each of next.get(path) ?? []) visit(each, [...trail, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return found;
}

function defaultExports(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  const isDefault = (statement: ts.Statement) =>
    ts.isExportAssignment(statement) ||
    (ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) === true);
  return file.statements.some(isDefault) ? [`${path}: has a default export`] : [];
}

function tooLong(path: string, text: string, longFiles: ReadonlyMap<string, string>): string[] {
  const count = lines(text);
  return count > maxLines && !longFiles.has(path)
    ? [`${path}: ${count} lines; more than ${maxLines} needs a reason`]
    : [];
}

function lines(text: string): number {
  return text.replace(/\n$/, '').split('\n').length;
}

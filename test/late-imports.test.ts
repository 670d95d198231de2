import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * What imports a module when it is first needed, without `lazy()`, and why it may: an upgrade may have taken the file away
 * from a process that has run for weeks. A command of src/cli ends soon, and so it may.
 */
const importers: Readonly<Record<string, string>> = {
  'src/http-request.ts': 'a module of Node itself, which no upgrade takes away from a process that runs',
  'src/main.ts': 'at the start',
  'src/sidecar/listen.ts': 'at the start',
};

const root = new URL('..', import.meta.url).pathname;

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
  .map((path) => `src/${path}`)
  .filter((path) => !path.startsWith('src/cli/'))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

const lazyLoader = /export const (\w+) = lazy\(\(\) => import\(/g;

describe('a module that is imported when it is first needed', () => {
  test('is imported by lazy(), or where it is known not to be missing', () => {
    // A type's import is none.
    const imports = (text: string) => /(?<!: )\bimport\(['"]/.test(text.replace(lazyLoader, ''));
    const found = sources.filter(({ text }) => imports(text)).map(({ path }) => path);

    expect(found.sort()).toEqual(Object.keys(importers).sort());
  });

  test('is loaded at the start of what runs for weeks', () => {
    const loaders = sources.flatMap(({ text }) => [...text.matchAll(lazyLoader)].map(([, name]) => `${name}()`));
    const loadAll = readFileSync(join(root, 'src/sidecar/load-all.ts'), 'utf8');

    expect(loaders).not.toEqual([]);
    expect(loaders.filter((loader) => !loadAll.includes(loader))).toEqual([]);
  });
});

import { mkdirSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { version } from '../../src/version.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** npm, told that there is no registry: what needs one fails at once. */
async function npm(args: readonly string[], directory: TemporaryDirectory) {
  return execa('npm', args, {
    cwd: root,
    stdin: 'ignore',
    timeout: 300_000,
    env: {
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_offline: 'true',
      npm_config_cache: directory.file('cache'),
      npm_config_ignore_scripts: 'false',
      npm_config_update_notifier: 'false',
    },
  });
}

describe('the published package', () => {
  let directory: TemporaryDirectory;
  let files: string[];

  beforeAll(async () => {
    directory = temporaryDirectory();
    const { stdout } = await npm(['pack', '--json', '--pack-destination', directory.path], directory);
    // npm's own output; prepack prints to standard error.
    const [{ filename, files: packed }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    files = packed.map(({ path }) => path);
    await npm(['install', '--global', '--prefix', directory.file('prefix'), directory.file(filename)], directory);
  }, 600_000);

  test('holds what an installation needs', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'dist/main.js',
        'dist/THIRD-PARTY-NOTICES.txt',
        'package.json',
        'supervisord.d/drain.conf',
        'units/supervisord.service',
      ]),
    );
  });

  test('holds nothing else', () => {
    const folders = /^(dist|docs|examples|supervisord\.d|units)\//;
    const single = /^(CHANGELOG\.md|CONTRIBUTING\.md|LICENSE|README\.md|drainctl\.schema\.json|package\.json)$/;

    expect(files.filter((path) => !(folders.test(path) || single.test(path)) || path.endsWith('.map'))).toEqual([]);
  });

  test('runs without a registry, without node_modules and with nothing but Node on PATH', async () => {
    mkdirSync(directory.file('path'));
    symlinkSync(process.execPath, directory.file('path/node'));

    const { stdout } = await execa(directory.file('prefix/bin/drainctl'), ['--version'], {
      env: { PATH: directory.file('path') },
      extendEnv: false,
      cwd: directory.path,
    });

    expect(stdout).toBe(version);
  });
});

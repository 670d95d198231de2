import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { exampleFiles, exampleNames, examplesFolder } from '../../support/example.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { toolPath } from '../../support/tools.ts';

/** Every file of every example, by its path in examples/. */
const files = exampleNames().flatMap((name) => exampleFiles(name).map((file) => `${name}/${file}`));

function textOf(file: string): string {
  return readFileSync(join(examplesFolder, file), 'utf8');
}

function filesThat(are: (file: string) => boolean): string[] {
  return files.filter(are);
}

async function expectAccepted(program: string, args: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await execa(toolPath(program), args, { reject: false });
  expect({ exitCode, said: exitCode === 0 ? '' : stdout + stderr }).toEqual({ exitCode: 0, said: '' });
}

describe('as they stand in examples/', () => {
  test.each(filesThat((file) => file.endsWith('haproxy.cfg')))('HAProxy accepts %s', async (file) => {
    await expectAccepted('haproxy', ['-c', '-q', '-f', join(examplesFolder, file)]);
  });

  test.each(filesThat((file) => file.endsWith('/nginx.conf')))('nginx accepts %s', async (file) => {
    const directory = temporaryDirectory();
    // The folder of its `include` is not there on a test machine.
    const text = textOf(file).replace('/etc/nginx/upstreams/app.conf', join(examplesFolder, 'nginx/upstream-app.conf'));
    const main = directory.write(
      'main.conf',
      `pid ${directory.file('pid')};\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${text}}\n`,
    );
    await expectAccepted('nginx', ['-t', '-q', '-p', directory.path, '-c', main]);
  });

  test.each(filesThat((file) => textOf(file).startsWith('#!/bin/sh\n')))(
    'sh reads %s, which may be run',
    async (file) => {
      const path = join(examplesFolder, file);

      expect(() => accessSync(path, constants.X_OK)).not.toThrow();
      expect(textOf(file)).toMatch(/^set -eu$/m);
      await expectAccepted('sh', ['-n', path]);
    },
  );

  test.each(filesThat((file) => file.endsWith('.json')))('%s is JSON', (file) => {
    expect(() => JSON.parse(textOf(file))).not.toThrow();
  });

  test.each(filesThat((file) => file.endsWith('.yaml')))('%s is YAML', (file) => {
    expect(parseAllDocuments(textOf(file)).flatMap(({ errors }) => errors)).toEqual([]);
  });
});

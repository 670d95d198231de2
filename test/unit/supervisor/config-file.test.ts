import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { findSection, readSupervisordConfig } from '../../../src/supervisor/config-file.ts';
import { parseIni } from '../../../src/supervisor/ini.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';

/** Values by key, of one section. */
function values(text: string, name = 's'): Record<string, string> {
  const section = parseIni(text, 'f').sections.find((each) => each.name === name);
  return Object.fromEntries([...(section?.entries ?? [])].map(([key, { value }]) => [key, value]));
}

/** What reading a main file throws. */
function errorOf(file: string): { code: string; message: string } {
  try {
    readSupervisordConfig(file);
  } catch (error) {
    if (isDrainctlError(error)) return error;
    throw error;
  }
  throw new Error('it was read');
}

function files(directory: TemporaryDirectory, texts: Readonly<Record<string, string>>): void {
  mkdirSync(directory.file('conf.d'), { recursive: true });
  for (const [name, text] of Object.entries(texts)) directory.write(name, text);
}

describe('a file of supervisord', () => {
  test.each([
    ['a comment after white space', '[s]\na=1 ; one\nb=2\t# two', { a: '1', b: '2' }],
    ['a semicolon with no space before it', '[s]\na=x;y', { a: 'x;y' }],
    ['lines that are comments', '; x\n[s]\n# y\n  ; z\na=1', { a: '1' }],
    ['a colon', '[s]\na: 1', { a: '1' }],
    ['the first separator', '[s]\na=b=c:d', { a: 'b=c:d' }],
    ['keys in capitals', '[s]\nCommand=x', { command: 'x' }],
    ['a key that comes twice', '[s]\na=1\na=2', { a: '2' }],
    ['a section that comes twice', '[s]\na=1\n[t]\n[s]\nb=2', { a: '1', b: '2' }],
    ['continuation lines', '[s]\na=1\n  2\n\t3 ; three\nb=4', { a: '1\n2\n3', b: '4' }],
    ['a blank line in a value', '[s]\na=1\n\n  2\n\n', { a: '1\n\n2' }],
    ['an empty value', '[s]\na=', { a: '' }],
    ['line ends of Windows', '[s]\r\na=1\r\nb=2\r\n', { a: '1', b: '2' }],
    ['a comment after a header', '[s] ; a section\na=1', { a: '1' }],
  ])('is read with %s', (_, text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  test('tells the lines of sections and keys', () => {
    const { sections } = parseIni('; x\n\n[s]\na=1\n  2\nb=3', 'f');

    expect(sections.map(({ line, entries }) => [line, entries.get('a')?.line, entries.get('b')?.line])).toEqual([
      [3, 4, 6],
    ]);
  });

  test.each([
    ['a=1\n[s]', 1, 'stands before the first [section]'],
    ['[s]\nnonsense', 2, 'is neither a [section] nor key=value'],
    ['[s]\na=1\n=2', 3, 'is neither a [section] nor key=value'],
  ])('with a mistake is told with its line: %j', (text, line, message) => {
    expect(parseIni(text, 'f').mistakes).toEqual([{ file: 'f', line, message }]);
  });
});

describe('the configuration of supervisord', () => {
  test('takes in what it includes, in the order of the names', async () => {
    await using directory = temporaryDirectory();
    files(directory, {
      'supervisord.conf': '[supervisord]\n[include]\nfiles = conf.d/*.conf\n  more.ini none.ini',
      'conf.d/b.conf': '[program:x]\ncommand=b',
      'conf.d/a.conf': '[program:x]\ncommand=a\nnumprocs=2',
      'conf.d/.hidden.conf': '[program:hidden]',
      'conf.d/b.conf.bak': '[program:bak]',
      'more.ini': '[program:more]',
    });

    const config = readSupervisordConfig(directory.file('supervisord.conf'));

    expect(config.files).toEqual(
      ['supervisord.conf', 'conf.d/a.conf', 'conf.d/b.conf', 'more.ini'].map((name) => directory.file(name)),
    );
    expect(config.sections.map(({ name }) => name)).toEqual(['supervisord', 'include', 'program:x', 'program:more']);
    const entries = findSection(config, 'program:x')?.entries;
    expect(entries?.get('command')).toEqual({ value: 'b', file: directory.file('conf.d/b.conf'), line: 2 });
    expect(entries?.get('numprocs')?.file).toBe(directory.file('conf.d/a.conf'));
  });

  test('names the patterns of its include with the folder that they are relative to', async () => {
    await using directory = temporaryDirectory();
    const file = directory.write('s.conf', '[supervisord]\n\n[include]\nfiles = a/*.conf /b/*.ini');

    expect(readSupervisordConfig(file).include).toEqual({
      line: 4,
      folder: directory.path,
      patterns: [
        { text: 'a/*.conf', path: join(directory.path, 'a/*.conf') },
        { text: '/b/*.ini', path: '/b/*.ini' },
      ],
    });
  });

  test('expands %(here)s, in each file to its own folder, and %(ENV_X)s in the include', async () => {
    await using directory = temporaryDirectory();
    files(directory, {
      's.conf': '[supervisord]\nlogfile=%(here)s/x.log\n[include]\nfiles=%(here)s/%(ENV_PLACE)s/*.conf',
      'conf.d/a.conf': '[program:x]\ncommand=%(here)s/run %(program_name)s',
    });

    const config = readSupervisordConfig(directory.file('s.conf'), { env: { PLACE: 'conf.d' } });

    const value = (section: string, key: string) => findSection(config, section)?.entries.get(key)?.value;
    expect(value('supervisord', 'logfile')).toBe(directory.file('x.log'));
    expect(value('program:x', 'command')).toBe(`${directory.file('conf.d/run')} %(program_name)s`);
  });

  test('gives each section what only [DEFAULT] says', async () => {
    await using directory = temporaryDirectory();
    const file = directory.write('s.conf', '[DEFAULT]\nuser=me\n[program:x]\ncommand=y');

    const config = readSupervisordConfig(file);

    expect(config.sections.map(({ name }) => name)).toEqual(['program:x']);
    expect(findSection(config, 'program:x')?.entries.get('user')?.value).toBe('me');
  });

  test('passes over included folders and links that lead nowhere, as supervisord does', async () => {
    await using directory = temporaryDirectory();
    files(directory, { 's.conf': '[supervisord]\n[include]\nfiles=conf.d/*.conf' });
    mkdirSync(directory.file('conf.d/folder.conf'));
    symlinkSync('/nowhere', directory.file('conf.d/gone.conf'));

    expect(readSupervisordConfig(directory.file('s.conf')).files).toEqual([directory.file('s.conf')]);
  });

  test.each([
    ['a line that is nothing', { 's.conf': '[supervisord]\nnonsense' }, 's.conf:2: is neither'],
    [
      'a mistake in an included file',
      { 's.conf': '[include]\nfiles=conf.d/*.conf', 'conf.d/a.conf': 'x=1' },
      'conf.d/a.conf:1: stands before',
    ],
    ['an include without files', { 's.conf': '[supervisord]\n[include]\n' }, 's.conf:2: [include] has no files='],
    ['an unknown expansion', { 's.conf': '[include]\nfiles=%(heer)s/x' }, 's.conf:2: files=: %(heer)s'],
    ['a missing file', {}, "s.conf can't be read"],
  ])('with %s is an error that names file and line', async (_, texts, message) => {
    await using directory = temporaryDirectory();
    files(directory, texts);

    const error = errorOf(directory.file('s.conf'));

    expect(error.code).toBe('SUPERVISOR_CONFIG');
    expect(error.message).toContain(message);
  });
});
